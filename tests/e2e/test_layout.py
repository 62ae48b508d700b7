"""The repository and the programs are as the design says: folders, directions of dependencies, libraries linked."""

import pathlib
import re
import unittest

import processes
from harness import BIN, PATIENCE, SOURCE

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "client", "core", "deploy", "proto", "server", "tests"}

# What a folder's sources may include, by the beginning of the path; the longest matching folder decides. Standard and
# system headers, and libraries that are not listed in LIBRARIES, are free.
LIBRARIES = {
    "libtorch": ("torch/", "ATen/", "c10/", "caffe2/"),
    "grpc": ("grpc/", "grpcpp/"),
    "protobuf": ("google/protobuf/",),
    "messages": ("modlab/v1/", "modlab/internal/"),
    "sqlite": ("SQLiteCpp/", "sqlite3.h"),
    "asio": ("boost/asio",),
    "core": ("core/",),
    "server": ("server/",),
    "client": ("client/",),
}
ALLOWED = {
    "core": {"core", "asio"},  # the thread pool that it is given
    "core/graph": {"core", "asio", "libtorch"},
    "core/train": {"core", "asio", "libtorch"},
    "core/build": {"core", "libtorch"},
    "core/compose": {"core", "asio", "libtorch"},
    "server": {"server", "messages", "protobuf", "asio", "sqlite"},
    "server/comparison": {"server", "messages"},
    "server/jobs": {"server", "messages", "protobuf", "asio", "sqlite"},
    "server/network": {"server", "messages"},
    "server/rpc": {"server", "messages", "protobuf", "asio", "grpc"},
    "server/sandbox": {"server"},
    "server/supervisor": {"server"},
    "server/worker": {"server", "messages", "protobuf", "core", "libtorch"},
    "client": {"client", "messages", "protobuf", "grpc"},
    "client/plots": {"client"},
}
# Where the daemon meets core, and only these headers of it: partitions are compared, and p-values adjusted, where they are
# kept; and what people ask for is checked before it is queued. Plain C++ without LibTorch or Eigen. Everything else of core
# is the worker's.
ALLOWED_HEADERS = {
    "server/comparison": {"core/community/comparison.h", "core/measure/group_comparison.h", "core/measure/significance.h"},
    "server/jobs": {"core/error.h", "core/shown_text.h", "core/train/goal_names.h",
                    "core/train/parameter_distribution.h"},
    "server/network": {"core/build/network_description.h"},
}
# Folders of server/ that the small processes may use: neither the store nor what serves clients.
SMALL_PROCESSES = {"server/comparison", "server/network", "server/sandbox", "server/supervisor", "server/worker"}
SHARED_WITH_SMALL = (
    "server/comparison/", "server/executor/", "server/network/", "server/sandbox/", "server/supervisor/", "server/worker/")


def sources():
    for folder in ("core", "server", "client"):
        for path in sorted((SOURCE / folder).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(SOURCE)


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', (SOURCE / path).read_text(), re.MULTILINE)


def library(include):
    for name, beginnings in LIBRARIES.items():
        if include.startswith(beginnings):
            return name
    return None


class Layout(unittest.TestCase):
    def test_top_level(self):
        # What git knows; all that is there where this is no clone.
        tracked = processes.run(["git", "-C", SOURCE, "ls-files"], PATIENCE)
        paths = tracked.stdout.split("\n") if tracked.returncode == 0 else [path.name for path in SOURCE.iterdir()]
        names = {pathlib.PurePath(path).parts[0] for path in paths if path}
        self.assertEqual({name for name in names if not name.startswith(".") and name != "build"}, TOP_LEVEL)

    def test_dependencies_point_one_way(self):
        checked = 0
        for path in sources():
            folder = max((folder for folder in ALLOWED if path.is_relative_to(folder)), key=len)
            for include in includes(path):
                used = library(include)
                if used is None:
                    continue
                checked += 1
                if include in ALLOWED_HEADERS.get(folder, ()):
                    continue
                self.assertIn(used, ALLOWED[folder], f"{path} includes {include}")
                if folder in SMALL_PROCESSES and used == "server":
                    self.assertTrue(include.startswith(SHARED_WITH_SMALL), f"{path} includes {include}")
        self.assertGreater(checked, 100, "the includes were found")

    def test_own_headers_are_included_from_the_top(self):
        for path in sources():
            for include in re.findall(r'^\s*#\s*include\s*"([^"]+)"', (SOURCE / path).read_text(), re.MULTILINE):
                self.assertTrue(
                    include.startswith(("core/", "server/", "client/", "modlab/")), f"{path} includes {include}")


class Linkage(unittest.TestCase):
    """A model never touches a process that serves people, and gRPC's threads never touch one that runs models."""

    def libraries(self, program):
        listed = processes.run(["ldd", BIN / program], PATIENCE).stdout
        self.assertIn("libc.so", listed)
        self.assertNotIn("not found", listed)
        return listed

    def test_only_the_worker_has_libtorch(self):
        for program in ("modlab", "modlabd", "modlab-supervisor"):
            for unwanted in ("libtorch", "libc10"):
                self.assertNotIn(unwanted, self.libraries(program), program)
        self.assertIn("libtorch", self.libraries("modlab-worker"))

    def test_the_worker_has_no_grpc(self):
        self.assertNotIn("libgrpc", self.libraries("modlab-worker"))

    def test_the_supervisor_has_neither(self):
        for unwanted in ("libgrpc", "libprotobuf", "libsqlite3"):
            self.assertNotIn(unwanted, self.libraries("modlab-supervisor"))


if __name__ == "__main__":
    unittest.main()
