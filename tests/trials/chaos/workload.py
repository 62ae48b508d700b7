"""Clients that go on whatever happens to the server, and remember what it has acknowledged."""

import collections
import contextlib
import hashlib
import os
import random
import subprocess
import threading
import time
import uuid

import grpc
from modlab.v1 import error_pb2, experiment_pb2, experiment_pb2_grpc, job_pb2, job_pb2_grpc, model_pb2, model_pb2_grpc
from modlab.v1 import upload_pb2, upload_pb2_grpc

import processes
from harness import BIN, DIGITS, chunks, model_with, score_spec

Job = job_pb2.Job
Experiment = experiment_pb2.Experiment
# How calls may end while the server is killed under them, or is on a full disk. Everything else is a fault.
BROKEN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED}
CHANNEL = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 300)]


def is_full(error):
    trailer = dict(error.trailing_metadata() or ())
    detail = error_pb2.ErrorDetail.FromString(trailer.get("modlab-error-bin", b""))
    return detail.reason == error_pb2.STORAGE_FULL


class Books:
    """What the server has acknowledged. Shared by all clients."""

    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = {}  # name: the number of its spec
        self.cancelled = set()  # names of jobs and experiments that somebody asked to cancel
        self.experiments = {}  # name: names of the jobs that it had at first
        self.models = {}  # name: content
        self.deleted = set()  # names of models
        self.events = collections.defaultdict(dict)  # job: {sequence: bytes}
        self.counts = collections.Counter()
        self.faults = []

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def fault(self, text):
        with self.lock:
            self.faults.append(text)


class Client(threading.Thread):
    """One client in a thread: does its step again and again until it is told to stop."""

    pause = 0.1  # seconds between two steps, on average

    def __init__(self, address, books, seed):
        super().__init__(daemon=True)
        self.books = books
        self.random = random.Random(f"{seed} {type(self).__name__}")
        channel = grpc.insecure_channel(address, options=CHANNEL)
        self.jobs = job_pb2_grpc.JobServiceStub(channel)
        self.models = model_pb2_grpc.ModelServiceStub(channel)
        self.uploads = upload_pb2_grpc.UploadServiceStub(channel)
        self.experiments = experiment_pb2_grpc.ExperimentServiceStub(channel)
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            try:
                self.step()
            except Stopped:
                return
            except Exception as error:  # pylint: disable=broad-except
                self.books.fault(f"{type(self).__name__}: {error!r}")
            self.stopping.wait(self.random.uniform(0.5, 1.5) * self.pause)

    def call(self, method, request, again=True):
        """Calls until there is an answer. With `again` false, whatever may not come twice: nothing where it broke."""
        while True:
            try:
                return method(request, timeout=30)
            except grpc.RpcError as error:
                if is_full(error):
                    self.books.count("refused for a full disk")
                elif error.code() not in BROKEN:
                    raise
                elif not again:
                    return None
                else:
                    self.books.count("calls repeated")
            if self.stopping.wait(self.random.uniform(0.05, 0.3)):
                raise Stopped

    def some_job(self):
        with self.books.lock:
            return self.random.choice(list(self.books.jobs)) if self.books.jobs else None


class Stopped(Exception):
    pass


class Submitter(Client):
    """Submits jobs, at most so many at a time, each by a request id that is sent again when no answer came."""

    def __init__(self, address, books, seed, specs, limit):
        super().__init__(address, books, seed)
        self.specs = specs
        self.limit = limit

    def step(self):
        waiting = self.call(self.jobs.ListJobs, job_pb2.ListJobsRequest(
            states=[Job.QUEUED, Job.RUNNING], kinds=[Job.SCORE, Job.TRAIN, Job.COMPOSE]))
        if len(waiting.jobs) >= self.limit:
            return
        number = self.random.randrange(len(self.specs))
        request_id = uuid.uuid4().hex
        job = Job(spec=self.specs[number], labels={"request": request_id})
        created = self.call(self.jobs.CreateJob, job_pb2.CreateJobRequest(job=job, request_id=request_id))
        with self.books.lock:
            self.books.jobs[created.name] = number
            self.books.counts["jobs acknowledged"] += 1


class Canceller(Client):
    def step(self):
        name = self.some_job()
        if not name or self.random.random() > 0.01:
            return
        with self.books.lock:
            self.books.cancelled.add(name)  # also where no answer comes: it may have got there
        with contextlib.suppress(grpc.RpcError):
            self.jobs.CancelJob(job_pb2.CancelJobRequest(name=name, force=self.random.random() < 0.5), timeout=30)
            self.books.count("cancellations acknowledged")


class Experimenter(Client):
    """Runs one experiment after the other, cancels some of them, and resumes what was cancelled."""

    pause = 1

    def __init__(self, address, books, seed, spec):
        super().__init__(address, books, seed)
        self.spec = spec

    def step(self):
        listed = self.call(self.experiments.ListExperiments, experiment_pb2.ListExperimentsRequest(page_size=1000))
        running = [experiment.name for experiment in listed.experiments if experiment.state == Experiment.RUNNING]
        cancelled = [experiment.name for experiment in listed.experiments if experiment.state == Experiment.CANCELLED]
        if not running:
            self.create()
        elif self.random.random() < 0.1:
            self.cancel(running[0])
        elif cancelled and self.random.random() < 0.3:
            self.call(self.experiments.ResumeExperiment,
                      experiment_pb2.ResumeExperimentRequest(name=self.random.choice(cancelled)))
            self.books.count("experiments resumed")

    def create(self):
        request_id = uuid.uuid4().hex
        experiment = Experiment(display_name=request_id, spec=self.spec)
        created = self.call(self.experiments.CreateExperiment, experiment_pb2.CreateExperimentRequest(
            experiment=experiment, request_id=request_id))
        with self.books.lock:
            self.books.experiments[created.name] = [job.job for job in created.jobs]
            self.books.counts["experiments acknowledged"] += 1

    def cancel(self, name):
        with self.books.lock:
            self.books.cancelled.add(name)
        with contextlib.suppress(grpc.RpcError):
            self.experiments.CancelExperiment(
                experiment_pb2.CancelExperimentRequest(name=name, force=self.random.random() < 0.5), timeout=30)
            self.books.count("experiments cancelled")


class Watcher(Client):
    """Watches a job to its end, over as many streams as it takes, and remembers every event."""

    def some_job(self):
        with self.books.lock:
            of_experiments = sum(self.books.experiments.values(), [])
        if of_experiments and self.random.random() < 0.3:
            return self.random.choice(of_experiments)
        return super().some_job()

    def step(self):
        name = self.some_job()
        if not name:
            return
        last, ended = 0, False
        while not ended:
            try:
                for update in self.jobs.WatchJob(job_pb2.WatchJobRequest(name=name, after_sequence=last), timeout=60):
                    if update.HasField("event"):
                        self.take(name, update.event, last)
                        last = update.event.sequence
                    ended = update.HasField("job") and update.job.state in (Job.SUCCEEDED, Job.FAILED, Job.CANCELLED)
                    if self.stopping.is_set():
                        raise Stopped
                ended = True
            except grpc.RpcError as error:
                if error.code() not in BROKEN:
                    raise
                self.books.count("watches taken up again")
                if self.stopping.wait(self.random.uniform(0.05, 0.3)):
                    raise Stopped from error

    def take(self, name, event, last):
        content = event.SerializeToString(deterministic=True)
        if event.sequence != last + 1:
            self.books.fault(f"{name}: a watch went from event {last} to {event.sequence}")
        with self.books.lock:
            before = self.books.events[name].setdefault(event.sequence, content)
            self.books.counts["events watched"] += 1
        if before != content:
            self.books.fault(f"{name}: event {event.sequence} is not what it was")


class Uploader(Client):
    """Pushes models of which no two are alike, resumes what broke off, and deletes some of them again."""

    pause = 8  # each push makes an inspection, which goes before other jobs

    def step(self):
        content = model_with(os.urandom(self.random.randrange(1, 400_000)).hex())
        digest = hashlib.sha256(content).hexdigest()
        upload = self.call(self.uploads.CreateUpload, upload_pb2.CreateUploadRequest(
            upload=upload_pb2.Upload(size_bytes=len(content), sha256=digest), request_id=uuid.uuid4().hex))
        committed = 0
        while upload.state != upload_pb2.Upload.COMPLETE:
            upload = self.call(self.uploads.GetUpload, upload_pb2.GetUploadRequest(name=upload.name))
            if upload.committed_bytes < committed:
                self.books.fault(f"{upload.name} stood at {committed} and stands at {upload.committed_bytes}")
            if upload.state == upload_pb2.Upload.COMPLETE:
                break
            # At times a part only: what the server has acknowledged then must be there whatever happens.
            part = content[:self.random.choice([len(content), upload.committed_bytes + 100_000])]
            try:
                upload = self.uploads.WriteUpload(self.slowly(upload.name, part, upload.committed_bytes), timeout=60)
                committed = upload.committed_bytes
            except grpc.RpcError as error:
                if error.code() not in BROKEN | {grpc.StatusCode.ABORTED} and not is_full(error):
                    raise
                self.books.count("uploads taken up again")
                if self.stopping.wait(self.random.uniform(0.05, 0.3)):
                    raise Stopped from error
        model = self.call(self.models.CreateModel, model_pb2.CreateModelRequest(
            model=model_pb2.Model(display_name="chaos"), upload=upload.name, request_id=uuid.uuid4().hex))
        with self.books.lock:
            self.books.models[model.name] = content
            self.books.counts["models acknowledged"] += 1
        if self.random.random() < 0.6:
            self.delete_one()

    def slowly(self, name, content, offset):
        for message in chunks(name, content, offset, size=64 * 1024):
            time.sleep(self.random.uniform(0, 0.02))
            yield message

    def delete_one(self):
        with self.books.lock:
            name = self.random.choice(list(self.books.models))
        try:
            answer = self.call(self.models.DeleteModel, model_pb2.DeleteModelRequest(name=name), again=False)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.FAILED_PRECONDITION:  # its inspection has not ended
                raise
            return
        with self.books.lock:
            self.books.models.pop(name)
            if answer is not None:  # else nobody knows
                self.books.deleted.add(name)
                self.books.counts["models deleted"] += 1


class Commands(Client):
    """The command-line client, to be killed too. What it prints when it ends well must be right."""

    def __init__(self, address, books, seed, home, specs):
        super().__init__(address, books, seed)
        self.address = address
        self.environment = dict(home.environment, MODLAB_SERVER=address)
        self.scores = [number for number, spec in enumerate(specs) if spec.HasField("score")]
        self.specs = specs
        self.process = None
        self.printed = []  # (number of the spec, what was printed)

    def step(self):
        number = self.random.choice(self.scores)
        spectral = self.specs[number].score.partitions[0].spectral
        self.process = processes.Process(
            [str(BIN / "modlab"), "score", str(DIGITS), "-k", str(spectral.clusters), "--restarts",
             str(spectral.restarts), "--seed", str(self.specs[number].seed), "--method", "spectral", "--nulls", "0",
             "--stability", "0", "-o", "json"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = self.process.communicate()
        code = self.process.returncode
        if code == 0:
            self.printed.append((number, out))
            self.books.count("commands that ended well")
        elif code in (5, 6):  # The server was away for too long, or its disk was full.
            self.books.count("commands that gave up")
        elif code != -9 and not (code == 1 and "cancelled" in err):
            self.books.fault(f"modlab score ended with {code}: {err}")
