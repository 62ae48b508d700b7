"""What deploy/ ships for an operator fits the programs: the configuration, and the systemd unit."""

import pathlib
import re
import shutil
import tempfile
import unittest

import grpc
from modlab.v1 import server_pb2, server_pb2_grpc

import processes
from harness import BIN, PATIENCE, SOURCE, Daemon
from over_tls import TlsTest, free_port

CONFIGURATION = SOURCE / "deploy" / "modlabd.conf"
UNIT = SOURCE / "deploy" / "modlabd.service"
NOT_FOR_A_FILE = {"help", "version", "config"}


def options_of_help():
    """Option -> description, as `modlabd --help` gives them."""
    text = processes.run([BIN / "modlabd", "--help"], PATIENCE).stdout
    text = text[text.index("Options:"):text.index("Examples:")]
    found = re.split(r"(?m)^  (?:-\w,)?--([\w-]+)", text)[1:]
    return {name: " ".join(words.split()) for name, words in zip(found[::2], found[1::2])}


def lines_of_configuration():
    """(key, value, whether it is commented out) for each, in order."""
    pattern = re.compile(r"(?m)^(#?)([\w-]+)=(.*)$")
    return [(key, value, bool(comment)) for comment, key, value in pattern.findall(CONFIGURATION.read_text())]


def default_in(description):
    """What a description has in brackets at its end; None where it has none, or words in place of a value."""
    found = re.search(r"\[([^\[\] ]+)\]$", description)
    return found.group(1) if found and found.group(1) != "none" else None


class Configuration(TlsTest):
    daemon_options = ("--log-level", "info")

    def daemon_with(self, name, text, *options):
        """A daemon that reads this configuration; its own socket and data directory are on its command line."""
        path = self.home.path / (name + ".conf")
        path.write_text(text)
        return Daemon(self.home, "--config", path, *options, name=name).start()

    def describe(self, daemon):
        """What a server says of its settings."""
        with grpc.insecure_channel(daemon.address) as channel:
            server = server_pb2_grpc.ServerServiceStub(channel).GetServer(server_pb2.GetServerRequest())
        return [server.limits, server.default_resources, server.workers, server.on_demand, server.sandbox,
                server.min_free_bytes, [server.quota.HasField(name) for name in ("running_jobs", "queued_jobs", "stored_bytes")]]

    def test_every_option_is_explained(self):
        options = options_of_help()
        self.assertGreater(len(options), 15, "the help could be read")
        keys = [key for key, _, _ in lines_of_configuration()]
        for key in options.keys() - NOT_FOR_A_FILE:
            self.assertIn(key, keys, f"deploy/modlabd.conf does not explain --{key}: {options[key]}")
        for key in keys:
            self.assertIn(key, options.keys() - NOT_FOR_A_FILE, f"modlabd has no option --{key}")
            self.assertTrue(key == "listen" or keys.count(key) == 1, f"{key} is there twice")

    def test_keys_that_are_commented_out_show_their_defaults(self):
        options = options_of_help()
        for key, value, commented in lines_of_configuration():
            default = default_in(options[key])
            if commented and default is not None:
                self.assertEqual(value, default, key)

    def test_it_is_accepted_as_it_is(self):
        daemon = self.daemon_with("as-it-is", CONFIGURATION.read_text())
        self.assertEqual(self.describe(daemon), self.describe(self.daemon))
        self.assertEqual(daemon.terminate(), 0)

    def test_it_says_what_counts_without_it(self):
        options = options_of_help()
        text = "\n".join(f"{key}={value}" for key, value, commented in lines_of_configuration()
                         if commented and (default_in(options[key]) or value == "false"))
        daemon = self.daemon_with("defaults", text)
        self.assertEqual(self.describe(daemon), self.describe(self.daemon))
        self.assertEqual(daemon.terminate(), 0)

    def test_every_line_is_accepted(self):
        text = re.sub(r"(?m)^#(?=[\w-]+=)", "", CONFIGURATION.read_text())
        for word, here in (("/etc/modlab", self.tls), ("/usr/local/bin", BIN), ("0.0.0.0:7443", f"127.0.0.1:{free_port()}"), ("127.0.0.1:9464", f"127.0.0.1:{free_port()}"),
                           ("/run/modlab", self.home.path / "run"), ("/var/lib/modlab", self.home.path / "lib")):
            self.assertIn(word, text)
            text = text.replace(word, str(here))
        path = self.home.path / "every.conf"
        path.write_text(text)
        daemon = Daemon(self.home, name="every")
        daemon.socket, daemon.command = self.home.path / "run" / "modlabd.sock", lambda: [BIN / "modlabd", "--config", path]
        daemon.start()
        self.assertEqual(daemon.terminate(), 0)

    def test_a_key_that_is_not_known_is_an_error(self):
        path = self.home.path / "wrong.conf"
        path.write_text(CONFIGURATION.read_text() + "\nworker-count=3\n")
        done = processes.run([BIN / "modlabd", "--config", path], PATIENCE)
        self.assertEqual(done.returncode, 2)
        self.assertIn("worker-count", done.stderr)


class Unit(unittest.TestCase):
    def setUp(self):
        self.settings = {}  # key -> values
        for line in UNIT.read_text().splitlines():
            key, separator, value = line.partition("=")
            if separator and not line.startswith("#"):
                self.settings.setdefault(key, []).append(value)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_takes_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, UNIT.name)
            path.write_text(UNIT.read_text().replace("/usr/local/bin", str(BIN)))
            done = processes.run(["systemd-analyze", "verify", "--man=no", path], PATIENCE)
        about_it = [line for line in done.stderr.splitlines() if UNIT.name in line]
        self.assertEqual(about_it, [], done.stderr)

    def test_a_stop_leaves_running_jobs_alone(self):
        self.assertEqual(self.settings["KillMode"], ["process"])

    def test_it_has_the_directories_of_the_configuration(self):
        values = {key: value for key, value, commented in lines_of_configuration() if not commented}
        self.assertEqual(values["data-dir"], "/var/lib/" + self.settings["StateDirectory"][0])
        self.assertEqual(values["listen"], f"unix:/run/{self.settings['RuntimeDirectory'][0]}/modlabd.sock")


if __name__ == "__main__":
    unittest.main()
