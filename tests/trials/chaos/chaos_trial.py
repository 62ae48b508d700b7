#!/usr/bin/python3
"""Kills at random moments, on a small disk that sometimes fills up: nothing acknowledged may be lost.

    chaos_trial.py [--long] [--rounds N] [--seed N]

Clients submit, watch and cancel jobs (scores, trainings that go on from checkpoints, compositions) and experiments,
whose jobs work on what others make, push and delete models, while in each round the daemon, a supervisor, a worker or a
command of the client's is killed (SIGKILL), or the disk is filled to its last byte for a while. Then everything may end,
and everything that was acknowledged must be there, once: every job, with the result that it has undisturbed, every
experiment, with each of its jobs done once (those that were cancelled are resumed), every model with its bytes, every
event that was watched; what was deleted is gone; `modlabd fsck` finds nothing. Prints what was done and found; exit code
1 where something was wrong. 12 rounds, with --long 200. The small disk needs root; without, the disk does not fill.
MODLAB_BUILD is the build.
"""

import argparse
import collections
import json
import os
import random
import sys
import time

import grpc
import numpy
from google.protobuf import json_format
from modlab.v1 import compose_pb2, experiment_pb2, experiment_pb2_grpc, job_pb2, job_pb2_grpc, model_pb2, model_pb2_grpc
from modlab.v1 import train_pb2

import processes
import workload
from harness import BIN, DIGITS, Daemon, EndToEndTest, Home, PATIENCE, score_spec, wait_until
from test_datasets import npy

Job = job_pb2.Job
Experiment = experiment_pb2.Experiment
DISK = 96 << 20
DAEMON_OPTIONS = ("--min-free", "16MiB", "--workers", "3", "--warm-workers", "2")
SHORT_ROUNDS, LONG_ROUNDS = 12, 200
ATTEMPTS = 3
RESUMED_AT_MOST = 5  # what is resumed while some of it still ends as it was asked to fails for that
UNFINISHED = [Job.QUEUED, Job.WAITING, Job.RUNNING, Job.CANCELLING]


def numbers(job):
    """What of a result must not depend on what happened to the job."""
    if job.kind == Job.TRAIN:
        return [record.SerializeToString(deterministic=True) for record in job.result.train.series]
    if job.kind == Job.COMPOSE:
        return [layer.SerializeToString(deterministic=True) for layer in job.result.compose.layers]
    if job.kind == Job.BUILD:
        return []
    (partition,) = job.result.score.partitions
    return list(partition.labels), partition.modularity.newman, partition.ncut, list(partition.eigenvalues)


def was_stopped(job):
    """Whether a training has ended with the model so far, since somebody cancelled it."""
    return job.kind == Job.TRAIN and job.result.train.stopped_by == "cancelled"


class Trial(EndToEndTest):
    def runTest(self):
        pass

    def begin(self, seed):
        self.random = random.Random(seed)
        self.__class__.home = Home()
        self.__class__.daemon = Daemon(self.home, *DAEMON_OPTIONS)
        self.daemon.data.mkdir(mode=0o700)
        mounted = os.geteuid() == 0 and processes.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "modlab-chaos", str(self.daemon.data)], PATIENCE)
        self.small_disk = bool(mounted) and mounted.returncode == 0
        self.start_daemon()
        self.books = workload.Books()
        self.killed = collections.Counter()

    def end(self):
        if self.daemon.process.poll() is None:
            self.daemon.terminate()
        processes.kill_all()
        if self.small_disk:
            processes.run(["umount", str(self.daemon.data)], PATIENCE)
        self.clean_up()

    # --- What jobs give when nobody disturbs them.

    def make_references(self):
        self.model = self.push(DIGITS)
        self.specs = [score_spec(self.model, clusters=k, restarts=restarts, seed=seed)
                      for k in (2, 4) for restarts in (100, 800) for seed in (1, 2)]
        self.specs += [self.train_spec(seed) for seed in (1, 2)]
        self.specs += [self.compose_spec(seed) for seed in (1, 2)]
        jobs = [self.finish(self.create(spec).name) for spec in self.specs]
        self.assertEqual([job.error.message for job in jobs if job.state != Job.SUCCEEDED], [])
        self.references = [numbers(job) for job in jobs]
        self.artifacts = [self.artifacts_of(job.name) for job in jobs]
        self.made = [self.made_by(job) for job in jobs]
        self.experiment_spec = self.make_experiment_spec()
        experiment = self.finish_experiment(self.experiments.CreateExperiment(
            experiment_pb2.CreateExperimentRequest(experiment=Experiment(
                display_name="undisturbed", spec=self.experiment_spec))).name)
        self.assertEqual(experiment.state, Experiment.SUCCEEDED, experiment)
        self.references_of_experiment = {self.place_of(job): self.results_of(self.get(job.job))
                                         for job in experiment.jobs}

    def train_spec(self, seed):
        """A training of about a second, that leaves checkpoints and switches its goal all the while."""
        values = numpy.random.default_rng(seed)
        data = self.make_dataset({"x": npy(values.random((512, 64), dtype=numpy.float32)),
                                  "y": npy(values.integers(0, 10, 512, dtype=numpy.uint8))}).name
        spec = job_pb2.JobSpec(seed=seed)
        train = spec.train
        train.model, train.data, train.epochs = self.model.name, data, 200
        train.goals.extend(["y % 3", "y // 3"])
        train.loss.kind = train_pb2.LossSpec.CROSS_ENTROPY
        train.schedule.period_epochs = 7
        train.modularity.every_epochs = 20
        train.checkpoint.every.FromMilliseconds(50)
        return spec

    def compose_spec(self, seed):
        spec = job_pb2.JobSpec(seed=seed, compose=compose_pb2.ComposeSpec(
            parts=[self.model.name] * 2, cross_deviation=0.1, bridge=compose_pb2.BridgeSpec(outputs=5)))
        return spec

    def make_experiment_spec(self):
        """Networks that are built, trained, composed and scored, all twice: eight jobs."""
        data = next(spec.train.data for spec in self.specs if spec.HasField("train"))
        return json_format.ParseDict({
            "axes": [{"name": "seed", "field": "seed", "values": [1, 2], "repeats": True}],
            "steps": [
                {"name": "net", "job": {"build": {"inputShape": [64], "layers": [
                    {"linear": {"outputs": 12}}, {"linear": {"outputs": 10}}]}}},
                {"name": "trained", "job": {"train": {
                    "model": "steps/net", "data": data, "epochs": 60, "checkpoint": {"every": "0.05s"}}}},
                {"name": "composed", "job": {"compose": {
                    "parts": ["steps/trained"] * 2, "bridge": {}, "head": "steps/net", "crossDeviation": 0.1}}},
                {"name": "score", "job": {"score": {
                    "model": "steps/composed", "partitions": [{"planted": {"composition": True}}],
                    "nulls": {"samples": 5}, "stabilityRuns": 0}}}],
        }, experiment_pb2.ExperimentSpec())

    @staticmethod
    def place_of(job):
        """Which of an experiment's jobs it is."""
        return job.step, *sorted(job.values.items())

    def results_of(self, job):
        return numbers(job), self.made_by(job), self.artifacts_of(job.name)

    def finish_experiment(self, name):
        def ended():
            experiment = self.experiments.GetExperiment(experiment_pb2.GetExperimentRequest(name=name))
            return experiment.state != Experiment.RUNNING and experiment
        return wait_until(ended, f"{name} has ended")

    def made_by(self, job):
        """The digest of the model that a job made; None where it makes none."""
        kind = job.result.WhichOneof("kind")
        if kind not in ("build", "train", "compose"):
            return None
        model = getattr(job.result, kind).model
        return self.models.GetModel(model_pb2.GetModelRequest(name=model)).sha256

    def artifacts_of(self, name):
        listed = self.jobs.ListArtifacts(job_pb2.ListArtifactsRequest(job=name)).artifacts
        return {artifact.name: artifact.sha256 for artifact in listed}

    # --- What happens in a round.

    def lost_too_often(self):
        """Whether a job that runs has been lost before: a job is tried three times, and it is no fault if it then fails."""
        try:
            running = self.jobs.ListJobs(job_pb2.ListJobsRequest(states=[Job.RUNNING]), timeout=5).jobs
        except grpc.RpcError:
            return True
        return any(sum("lost" in attempt.outcome or "killed" in attempt.outcome for attempt in job.attempts) + 2
                   >= ATTEMPTS for job in running)

    def kill_one_of(self, program):
        if pids := processes.running(program):
            processes.kill(self.random.choice(pids))
            self.killed[program] += 1

    def kill_daemon(self):
        self.daemon.kill()
        self.killed["modlabd"] += 1
        time.sleep(self.random.uniform(0, 0.3))
        self.restart()

    def restart(self):
        """Starts the daemon again; on a full disk that may take several attempts."""
        def serves():
            if self.daemon.process.poll() is not None:
                self.killed["starts that failed on a full disk"] += 1
                time.sleep(0.2)
                self.daemon.launch()
            with grpc.insecure_channel(self.daemon.address) as channel:
                try:
                    stub = job_pb2_grpc.JobServiceStub(channel)
                    stub.ListJobs(job_pb2.ListJobsRequest(page_size=1), timeout=2)
                    return True
                except grpc.RpcError:
                    return False
        self.daemon.launch()
        wait_until(serves, "modlabd serves again")

    def fill_disk(self):
        """Not a byte is left, for a while; in half of the cases the daemon is killed meanwhile."""
        ballast = self.daemon.data / "ballast"
        try:
            with open(ballast, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError:
            pass
        self.killed["times the disk was full"] += 1
        try:
            time.sleep(self.random.uniform(0.2, 1.5))
            if self.random.random() < 0.5:
                self.daemon.kill()
                self.killed["modlabd"] += 1
                self.daemon.launch()
                time.sleep(self.random.uniform(0.5, 1.5))
        finally:
            ballast.unlink()
        if self.daemon.process.poll() is not None:
            self.killed["starts that failed on a full disk"] += 1
            self.restart()

    def round(self):
        time.sleep(self.random.uniform(0, 2.0))
        what = self.random.choices(["daemon", "supervisor", "worker", "client", "disk"], [30, 20, 20, 15, 15])[0]
        if what == "daemon":
            self.kill_daemon()
        elif what == "client":
            self.kill_one_of("modlab")
        elif what == "disk" and self.small_disk:
            self.fill_disk()
        elif not self.lost_too_often():
            self.kill_one_of("modlab-" + ("worker" if what == "worker" else "supervisor"))

    # --- What must be there in the end.

    def check(self):
        faults = self.books.faults
        ended = {name: self.finish(name) for name in self.books.jobs}
        for name, job in ended.items():
            if was_stopped(job):
                if name not in self.books.cancelled:
                    faults.append(f"{name}: nobody cancelled it")
            elif job.state == Job.SUCCEEDED:
                number = self.books.jobs[name]
                if self.made_by(job) != self.made[number]:
                    faults.append(f"{name}: its model is not the undisturbed one")
                if numbers(job) != self.references[number]:
                    faults.append(f"{name}: its result is not the undisturbed one")
                if self.artifacts_of(name) != self.artifacts[number]:
                    faults.append(f"{name}: its artifacts are not the undisturbed ones")
            elif job.state == Job.FAILED or name not in self.books.cancelled:
                faults.append(f"{name} is {Job.State.Name(job.state)}: {job.error.message}")
            self.check_events(job, faults)
        self.check_requests(faults)
        self.check_models(faults)
        self.check_experiments(faults)
        for number, printed in self.commands.printed:
            (partition,) = json.loads(printed)["result"]["score"]["partitions"]
            if partition["modularity"]["newman"] != self.references[number][1]:
                faults.append(f"a command printed another modularity than the undisturbed one: {partition}")
        self.check_counted(ended)

    def check_events(self, job, faults):
        stored = {update.event.sequence: update.event.SerializeToString(deterministic=True)
                  for update in self.watch(job.name) if update.HasField("event")}
        if sorted(stored) != list(range(1, job.last_sequence + 1)):
            faults.append(f"{job.name}: its events are not 1 to {job.last_sequence}")
        for sequence, content in self.books.events[job.name].items():
            if stored.get(sequence) != content:
                faults.append(f"{job.name}: the watched event {sequence} is not there")

    def all_jobs(self):
        token = ""
        while True:
            page = self.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=500, page_token=token))
            yield from page.jobs
            token = page.next_page_token
            if not token:
                return

    def check_requests(self, faults):
        """No request id made two jobs, also of those whose answer got lost."""
        requests = collections.Counter(job.labels["request"] for job in self.all_jobs() if "request" in job.labels)
        faults.extend(f"the request {request} made two jobs" for request, jobs in requests.items() if jobs > 1)

    def check_experiments(self, faults):
        """All that there are, also those whose answer got lost, and all that was acknowledged."""
        listed = self.experiments.ListExperiments(experiment_pb2.ListExperimentsRequest(page_size=1000)).experiments
        names = [experiment.name for experiment in listed]
        faults.extend(f"{name} is not there" for name in self.books.experiments if name not in names)
        requests = collections.Counter(experiment.display_name for experiment in listed)
        faults.extend(f"the request {request} made two experiments" for request, made in requests.items() if made > 1)
        for name in names:
            experiment = self.completed(name, faults)
            places = [self.place_of(job) for job in experiment.jobs]
            if sorted(places) != sorted(self.references_of_experiment):
                faults.append(f"{name} has not the jobs that its spec says: {places}")
            for job in experiment.jobs:
                if job.state != Job.SUCCEEDED:
                    faults.append(f"{name}: {job.job} is {Job.State.Name(job.state)}: {job.error.message}")
                elif self.results_of(self.get(job.job)) != self.references_of_experiment[self.place_of(job)]:
                    faults.append(f"{name}: {job.job} ({job.step}): its result is not the undisturbed one")
        for name in sum(self.books.experiments.values(), []):
            self.check_events(self.get(name), faults)
        self.check_done_once(faults)
        self.books.counts["experiments"] = len(names)

    def completed(self, name, faults):
        """An experiment that was cancelled is resumed until it is done."""
        experiment = self.finish_experiment(name)
        if experiment.state != Experiment.SUCCEEDED and name not in self.books.cancelled:
            faults.append(f"{name} is {Experiment.State.Name(experiment.state)}, and nobody cancelled it")
        for _ in range(RESUMED_AT_MOST):
            if experiment.state == Experiment.SUCCEEDED:
                break
            self.experiments.ResumeExperiment(experiment_pb2.ResumeExperimentRequest(name=name))
            experiment = self.finish_experiment(name)
            self.books.counts["experiments resumed in the end"] += 1
        return experiment

    def check_done_once(self, faults):
        """Nothing of an experiment was done by two jobs, but for trainings that somebody has stopped half-way."""
        done = collections.Counter(
            (job.labels["experiment"], job.labels["step"], job.labels["seed"]) for job in self.all_jobs()
            if "experiment" in job.labels and job.state == Job.SUCCEEDED
            and not (job.kind == Job.TRAIN and was_stopped(self.get(job.name))))
        faults.extend(f"{jobs} jobs did the same: {which}" for which, jobs in done.items() if jobs > 1)

    def check_models(self, faults):
        for name, content in self.books.models.items():
            parts = self.models.DownloadModel(model_pb2.DownloadModelRequest(name=name))
            if b"".join(part.data for part in parts) != content:
                faults.append(f"{name}: its content is not what was pushed")
        for name in self.books.deleted:
            try:
                self.models.GetModel(model_pb2.GetModelRequest(name=name))
                faults.append(f"{name} was deleted and is there")
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.NOT_FOUND:
                    faults.append(f"{name}: {error.details()}")

    def check_counted(self, ended):
        states = collections.Counter(Job.State.Name(job.state) for job in ended.values())
        for state, count in states.items():
            self.books.counts[f"jobs {state.lower()}"] = count
        trained = [job for job in ended.values() if job.kind == Job.TRAIN]
        self.books.counts["trainings"] = len(trained)
        self.books.counts["attempts of trainings"] = sum(len(job.attempts) for job in trained)
        self.books.counts["attempts"] = sum(len(job.attempts) for job in ended.values())

    def fsck(self):
        done = processes.run([str(BIN / "modlabd"), "fsck", "--data-dir", str(self.daemon.data)], PATIENCE,
                             env=self.home.environment)
        if done.returncode != 0:
            self.books.faults.append("fsck: " + done.stdout)
        return done.stdout.strip().splitlines()[-1]

    def wait_until_quiet(self):
        def quiet():
            return not self.jobs.ListJobs(job_pb2.ListJobsRequest(states=UNFINISHED)).jobs
        wait_until(quiet, "all jobs have ended")

    def run_rounds(self, rounds, seed):
        self.make_references()
        address = self.daemon.address
        self.commands = workload.Commands(address, self.books, seed, self.home, self.specs)
        clients = [workload.Submitter(address, self.books, seed, self.specs, limit=6),
                   workload.Canceller(address, self.books, seed), self.commands,
                   workload.Experimenter(address, self.books, seed, self.experiment_spec),
                   workload.Uploader(address, self.books, seed), workload.Uploader(address, self.books, seed + 1),
                   *[workload.Watcher(address, self.books, seed + i) for i in range(4)]]
        for client in clients:
            client.start()
        for number in range(rounds):
            self.round()
            if sys.stderr.isatty():
                print(f"\rround {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(PATIENCE)
        # The old channel may be in a long pause between two attempts to connect.
        self.channel.close()
        self.channel = grpc.insecure_channel(address)
        for service, stub in (("jobs", job_pb2_grpc.JobServiceStub),
                              ("models", model_pb2_grpc.ModelServiceStub),
                              ("experiments", experiment_pb2_grpc.ExperimentServiceStub)):
            setattr(self.__class__, service, stub(self.channel))
        self.wait_until_quiet()
        self.check()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    arguments = parser.parse_args()
    rounds = arguments.rounds or (LONG_ROUNDS if arguments.long else SHORT_ROUNDS)
    print(f"chaos: {rounds} rounds, seed {arguments.seed}", flush=True)
    start = time.monotonic()
    trial = Trial()
    trial.begin(arguments.seed)
    try:
        trial.run_rounds(rounds, arguments.seed)
        verdict = trial.fsck()
        log = trial.daemon.log.read_text(errors="replace")
    finally:
        trial.end()
    if not trial.small_disk:
        print("no small disk could be mounted: it did not fill")
    for what, count in sorted((trial.killed + trial.books.counts).items()):
        print(f"{count:8} {what}")
    print("fsck:", verdict)
    for fault in trial.books.faults[:50]:
        print("FAULT:", fault)
    if trial.books.faults:
        print(log[-4000:])
    print(f"{len(trial.books.faults)} faults in {time.monotonic() - start:.0f} s")
    return 1 if trial.books.faults else 0


if __name__ == "__main__":
    sys.exit(main())
