"""What every end-to-end test stands on: the real programs, in a temporary home of their own, and nothing left of them.

A test file defines classes derived from EndToEndTest and ends with `unittest.main()`. ctest sets MODLAB_BUILD, the build
folder whose programs and fixtures are used, and PYTHONPATH, where its stubs are. By hand:

    MODLAB_BUILD=$PWD/build/dev PYTHONPATH=build/dev/python /usr/bin/python3 tests/e2e/test_watch.py -v [Class.test]

MODLAB_E2E_KEEP=1 keeps the temporary homes. Deadlines here only end a test that hangs; none asserts a speed.
"""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

import grpc
from modlab.v1 import dataset_pb2, dataset_pb2_grpc, error_pb2, experiment_pb2_grpc, job_pb2, job_pb2_grpc, model_pb2
from modlab.v1 import model_pb2_grpc
from modlab.v1 import server_pb2, server_pb2_grpc, upload_pb2, upload_pb2_grpc

import processes

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MODLAB_BUILD", SOURCE / "build" / "dev"))
BIN = BUILD / "bin"
FIXTURES = BUILD / "fixtures"
DATA = SOURCE / "client" / "examples" / "digits" / "data"
DIGITS = SOURCE / "client" / "examples" / "digits" / "digits-mlp.pt"
PATIENCE = 240  # seconds after which something that should have happened is taken not to happen

# How calls end when the server is not there: the second while it closes its connections.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
ENDED = (job_pb2.Job.SUCCEEDED, job_pb2.Job.FAILED, job_pb2.Job.CANCELLED)


def wait_until(condition, what):
    """Calls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s in vain: {what}")
        time.sleep(0.02)


class Home:
    """A temporary user's home: the environment that programs get, and where sanitizers leave their reports."""

    def __init__(self):
        # Short and in /tmp, since a Unix socket's path has at most 107 bytes.
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="modlab-", dir="/tmp"))
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("MODLAB_", "XDG_"))}
        for variable in ("RUNTIME_DIR", "STATE_HOME", "CONFIG_HOME"):
            folder = self.path / variable.lower()
            folder.mkdir(mode=0o700)
            self.environment["XDG_" + variable] = str(folder)
        self.environment.update(HOME=str(self.path), NO_COLOR="1", TZ="UTC", LC_ALL="C.UTF-8")
        self.set_sanitizer_option(f"log_path={self.path / 'sanitizer'}")

    def set_sanitizer_option(self, option):
        for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            self.environment[variable] = f"{self.environment.get(variable, '')}:{option}".lstrip(":")

    def sanitizer_reports(self):
        return "\n".join(report.read_text(errors="replace") for report in sorted(self.path.glob("sanitizer.*")))

    def give_to(self, uid):
        for path in (self.path, *self.path.iterdir()):
            os.chown(path, uid, uid)

    def remove(self):
        for folder, _, _ in os.walk(self.path):
            os.chmod(folder, 0o700)
        shutil.rmtree(self.path)


class Daemon:
    """`modlabd` on a socket in a home. Can be started again on the same data."""

    def __init__(self, home, *options, name="daemon"):
        self.home = home
        self.data = home.path / (name + "-data")
        self.socket = home.path / (name + ".sock")
        self.log = home.path / (name + ".log")
        self.options = options
        self.process = None

    @property
    def address(self):
        return f"unix:{self.socket}"

    def command(self):
        return [str(BIN / "modlabd"), "--listen", self.address, "--data-dir", str(self.data), *map(str, self.options)]

    def launch(self):
        """Starts the process, and does not wait until it serves."""
        with self.log.open("a") as log:
            self.process = processes.start(self.command(), self.home.environment, log)
        return self

    def start(self):
        self.launch()
        wait_until(self.serves, "modlabd serves")
        return self

    def serves(self):
        if self.process.poll() is not None:
            raise AssertionError(f"modlabd ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        with grpc.insecure_channel(self.address) as channel:
            with contextlib.suppress(grpc.RpcError):
                return server_pb2_grpc.ServerServiceStub(channel).GetServer(server_pb2.GetServerRequest(), timeout=2)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def terminate(self):
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


class HinderedDaemon(Daemon):
    """A daemon as on another system, or of another user; `system` are arguments of hindered.cc. Needs root."""

    def __init__(self, home, system, *options, **fields):
        super().__init__(home, *options, **fields)
        self.system = list(map(str, system))
        if "--uid" in self.system:
            home.give_to(int(self.system[self.system.index("--uid") + 1]))

    def command(self):
        return [str(BIN / "hindered"), *self.system, *super().command()]


class EndToEndTest(unittest.TestCase):
    """A class of tests that share a home and a daemon. All is killed and removed at its end, whatever happened."""

    daemon_options = ()

    @classmethod
    def setUpClass(cls):
        cls.make_home(cls.addClassCleanup)
        cls.start_daemon()

    @classmethod
    def make_home(cls, add_cleanup):
        cls.home = Home()
        cls.daemon = Daemon(cls.home, *cls.daemon_options)
        add_cleanup(cls.clean_up)

    @classmethod
    def start_daemon(cls):
        """Starts the class's daemon, for the first time or again, and connects to it."""
        cls.daemon.start()
        cls.channel = grpc.insecure_channel(cls.daemon.address)
        cls.jobs = job_pb2_grpc.JobServiceStub(cls.channel)
        cls.models = model_pb2_grpc.ModelServiceStub(cls.channel)
        cls.datasets = dataset_pb2_grpc.DatasetServiceStub(cls.channel)
        cls.uploads = upload_pb2_grpc.UploadServiceStub(cls.channel)
        cls.experiments = experiment_pb2_grpc.ExperimentServiceStub(cls.channel)
        cls.server = server_pb2_grpc.ServerServiceStub(cls.channel)

    @classmethod
    def clean_up(cls):
        # First in order, so that a sanitized program still gets to write its report of leaks.
        if cls.daemon.process and cls.daemon.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                cls.daemon.process.terminate()
                cls.daemon.process.wait(60)
        processes.kill_all()
        reports = cls.home.sanitizer_reports()
        if os.environ.get("MODLAB_E2E_KEEP"):
            print("kept:", cls.home.path, file=sys.stderr)
        else:
            cls.home.remove()
        if reports:
            raise AssertionError("a sanitizer reported:\n" + reports)

    # --- The client.

    def start_modlab(self, *arguments, server=None, environment=None, stdin=subprocess.DEVNULL):
        """Starts `modlab` against the class's daemon, or `server`; "" for none. Text in pipes."""
        variables = dict(self.home.environment, **(environment or {}))
        server = self.daemon.address if server is None else server
        if server:
            variables["MODLAB_SERVER"] = server
        return processes.Process(
            [str(BIN / "modlab"), *map(str, arguments)],
            env=variables, cwd=self.home.path, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def modlab(self, *arguments, code=0, **options):
        """Runs `modlab` to its end; it must exit with `code`. Returns its output and its messages."""
        process = self.start_modlab(*arguments, **options)
        return self.end_of(process, code)

    def end_of(self, process, code=0):
        """Waits for a started `modlab`; it must exit with `code`. Returns its output and its messages."""
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"{process.args} did not end:\n{out}\n{err}")
        self.assertEqual(process.returncode, code, f"{process.args}\n{out}\n{err}")
        return out, err

    def modlab_json(self, *arguments, **options):
        out, _ = self.modlab(*arguments, "-o", "json", **options)
        return json.loads(out)

    # --- The API.

    def upload(self, content):
        """Sends content and returns the complete upload."""
        digest = hashlib.sha256(content).hexdigest()
        upload = self.uploads.CreateUpload(
            upload_pb2.CreateUploadRequest(upload=upload_pb2.Upload(size_bytes=len(content), sha256=digest)))
        if upload.state != upload_pb2.Upload.COMPLETE:
            upload = self.uploads.WriteUpload(chunks(upload.name, content, upload.committed_bytes))
        self.assertEqual(upload.state, upload_pb2.Upload.COMPLETE)
        return upload

    def push(self, path, **fields):
        """Pushes a model file and waits for its inspection. Returns the model."""
        upload = self.upload(path.read_bytes())
        fields.setdefault("display_name", path.name)
        model = self.models.CreateModel(
            model_pb2.CreateModelRequest(model=model_pb2.Model(**fields), upload=upload.name))
        self.finish(model.inspect_job)
        return self.models.GetModel(model_pb2.GetModelRequest(name=model.name))

    def make_dataset(self, files=None, **source):
        """Makes a data set of files' contents by tensor name, or of a generator. Waits for its import, and returns it."""
        request = dataset_pb2.CreateDatasetRequest()
        request.dataset.source.CopyFrom(dataset_pb2.DatasetSource(**source))
        for name, content in (files or {}).items():
            request.dataset.source.files.tensors.add(name=name, upload=self.upload(content).name)
        dataset = self.datasets.CreateDataset(request)
        self.finish(dataset.import_job)
        return self.datasets.GetDataset(dataset_pb2.GetDatasetRequest(name=dataset.name))

    def create(self, spec, **fields):
        """Creates a job, with the fields of Job that a caller may set."""
        return self.jobs.CreateJob(job_pb2.CreateJobRequest(job=job_pb2.Job(spec=spec, **fields)))

    def get(self, name):
        return self.jobs.GetJob(job_pb2.GetJobRequest(name=name))

    def watch(self, name, after=0):
        return self.jobs.WatchJob(job_pb2.WatchJobRequest(name=name, after_sequence=after), timeout=PATIENCE)

    def finish(self, name):
        """Waits until a job has ended, and returns it."""
        for update in self.watch(name):
            last = update
        self.assertIn(last.job.state, ENDED)
        return self.get(name)

    def wait_for_state(self, name, *states):
        return wait_until(lambda: self.get(name).state in states, f"{name} is in one of states {states}")

    def cancel(self, name):
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=name, force=True))
        self.wait_for_state(name, job_pb2.Job.CANCELLED)

    @contextlib.contextmanager
    def assert_refused(self, status, reason, field=None):
        """The RPC inside ends with `status`, a sentence, and an ErrorDetail of `reason`. Gives the detail."""
        detail = error_pb2.ErrorDetail()
        with self.assertRaises(grpc.RpcError) as caught:
            yield detail
        error = caught.exception
        self.assertEqual(error.code(), status, error.details())
        self.assertGreater(len(error.details().split()), 2, "a sentence")
        trailer = dict(error.trailing_metadata() or ())
        self.assertIn("modlab-error-bin", trailer, error.details())
        detail.ParseFromString(trailer["modlab-error-bin"])
        self.assertEqual(error_pb2.Reason.Name(detail.reason), error_pb2.Reason.Name(reason), error.details())
        if field is not None:
            self.assertEqual(detail.field, field)


class FreshDaemonTest(EndToEndTest):
    """Every test has a home and a daemon of its own: what one leaves behind is no other's matter."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        self.make_home(self.addCleanup)
        self.start_daemon()


def score_spec(model, clusters=3, restarts=10, seed=1, **fields):
    """A score job's spec, by spectral clustering, without null models and other seeds."""
    spec = job_pb2.JobSpec(seed=seed, **fields)
    spec.score.nulls.samples = 0
    spec.score.stability_runs = 0
    spec.score.model = model.name
    spectral = spec.score.partitions.add().spectral
    spectral.clusters = clusters
    spectral.restarts = restarts
    return spec


def endless_spec(model):
    """A score job's spec that takes hours, if it is let."""
    spec = score_spec(model, clusters=100, restarts=10000)
    spec.score.nulls.samples = 10000
    return spec


def model_with(text):
    """The shipped model's bytes with one more file in their archive: content that nobody has sent yet."""
    content = io.BytesIO(DIGITS.read_bytes())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("digits-mlp/extra/text", text)
    return content.getvalue()


def chunks(name, content, offset=0, size=64 * 1024):
    """The messages of a WriteUpload stream, from `offset` on."""
    for start in range(offset, len(content), size):
        yield upload_pb2.WriteUploadRequest(name=name, offset=start, data=content[start:start + size])
