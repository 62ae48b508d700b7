"""A daemon with TLS, users of every kind, and the things that they own."""

import dataclasses
import hashlib
import socket

import grpc
from modlab.v1 import access_pb2, dataset_pb2, experiment_pb2, job_pb2, model_pb2, server_pb2, upload_pb2

import processes
import wide_model
from expectations import PEOPLE
from harness import BIN, DIGITS, PATIENCE, SOURCE, EndToEndTest, chunks, model_with, endless_spec, score_spec
from rpcs import every_rpc

Job = job_pb2.Job


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def bearer(token):
    return (("authorization", f"Bearer {token}"),)


@dataclasses.dataclass
class Person:
    """Somebody who calls: over a channel, with what the channel does not say."""
    name: str
    user: str
    channel: grpc.Channel
    metadata: tuple = ()


@dataclasses.dataclass(frozen=True)
class Thing:
    name: str
    owner: str = ""
    sha256: str = ""
    size: int = 0
    label: str = ""


class Lab(EndToEndTest):
    """Not run by unittest's loader. `begin` starts it, `clean_up` ends it."""

    takes_certificates = True

    def runTest(self):
        pass

    def begin(self):
        self.make_home(lambda _: None)
        self.tls = self.home.path / "tls"
        self.certify("localhost", "127.0.0.1")
        self.port = free_port()
        self.target = f"localhost:{self.port}"
        self.daemon.options = (
            "--listen", f"127.0.0.1:{self.port}", "--tls-cert", self.tls / "server.pem",
            "--tls-key", self.tls / "server.key", "--workers", 1)
        if self.takes_certificates:
            self.daemon.options += ("--tls-client-ca", self.tls / "ca.pem")
        self.start_daemon()
        self.rpcs = every_rpc()
        self.tokens = {}
        for user, _ in PEOPLE.values():
            if user:
                self.modlabd("user", "add", user)  # each a user at first, to be able to own something
                self.tokens[user] = self.modlabd("token", "create", user).strip()
        self.channel_over_tls = grpc.secure_channel(self.target, self.credentials())
        self.by_token = {
            name: Person(name, user, self.channel_over_tls, bearer(self.tokens[user]) if user else ())
            for name, (user, _) in PEOPLE.items()}
        self.made, self.count = {}, 0
        return self

    def give_roles(self):
        for user, role in PEOPLE.values():
            if user:
                self.modlabd("user", "add", user, "--role", role)

    def certify(self, *arguments, folder=None):
        processes.run([SOURCE / "deploy" / "tls.sh", folder or self.tls, *arguments], PATIENCE).check_returncode()

    def modlabd(self, *arguments):
        done = processes.run(
            [BIN / "modlabd", *map(str, arguments), "--data-dir", self.daemon.data], PATIENCE, env=self.home.environment)
        assert done.returncode == 0, done
        return done.stdout

    def credentials(self, certificate=None, key=None, authority=None):
        files = ((authority or self.tls / "ca.pem"), key, certificate)
        return grpc.ssl_channel_credentials(*(file and file.read_bytes() for file in files))

    def by_certificate(self):
        """The same people, known by their certificates. Nobody's is of the lab's authority, and of nobody here."""
        people = {}
        for name, (user, _) in PEOPLE.items():
            file = user or "mallory"
            self.certify("--user", file)
            credentials = self.credentials(self.tls / f"{file}.pem", self.tls / f"{file}.key")
            people[name] = Person(name, user, grpc.secure_channel(self.target, credentials))
        return people

    def ask(self, rpc, person, request):
        return self.rpcs[rpc].call(person.channel, request, person.metadata)

    def must(self, rpc, person, request):
        answer = self.ask(rpc, person, request)
        assert answer.code == "OK", (rpc, person.name, answer)
        return self.rpcs[rpc].parse(answer)

    # --- Things. Each is `owner`'s or `demoted_owner`'s, and shared in one of the ways of expectations.py.

    def thing(self, kind, owner, sharing):
        """One that is as it was made."""
        key = kind, owner, sharing
        if kind == "job_with_artifact":  # it takes seconds to make: an owner has one, shared as is asked for
            key = kind, owner
        if key not in self.made:
            self.made[key] = getattr(self, "_make_" + kind)(self.by_token[owner], self._share(sharing))
        if kind == "job_with_artifact":
            self.share(kind, self.made[key], sharing)
        return self.made[key]

    def use_up(self, kind, owner, sharing):
        """The next to ask for it gets another."""
        self.made.pop((kind, owner, sharing), None)

    def share(self, kind, thing, sharing):
        """Done by the operator."""
        request = access_pb2.ShareRequest(name=thing.name, **self._share(sharing))
        share = {"model": self.models.ShareModel, "dataset": self.datasets.ShareDataset,
                 "experiment": self.experiments.ShareExperiment}
        share.get(kind.split("_")[-1], self.jobs.ShareJob)(request)

    def make_all(self, kinds, sharings):
        """While everybody is still a user, and the worker is free."""
        for kind in kinds:
            for owner in ("owner", "demoted_owner"):
                for sharing in sharings if "upload" not in kind else ("PRIVATE",):
                    self.thing(kind, owner, sharing)

    def block_the_worker(self):
        """From now on, jobs wait."""
        model = self.push(DIGITS)
        endless = self.create(endless_spec(model)).name
        self.wait_for_state(endless, Job.RUNNING)

    def new_content(self):
        self.count += 1
        return model_with(f"number {self.count}")

    @staticmethod
    def _share(sharing):
        if sharing == "EVERYONE":
            return {"sharing": access_pb2.EVERYONE}
        return {"shared_with": [PEOPLE[name][0] for name in ("friend", "reading_friend")] if sharing == "SHARED" else []}

    def _announce(self, person, content):
        upload = upload_pb2.Upload(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        return self.must("UploadService.CreateUpload", person, upload_pb2.CreateUploadRequest(upload=upload))

    def send(self, person, content):
        upload = self._announce(person, content)
        if upload.state != upload_pb2.Upload.COMPLETE:
            write = person.channel.stream_unary(
                self.rpcs["UploadService.WriteUpload"].path,
                request_serializer=upload_pb2.WriteUploadRequest.SerializeToString,
                response_deserializer=upload_pb2.Upload.FromString)
            upload = write(chunks(upload.name, content), metadata=person.metadata, timeout=PATIENCE)
        assert upload.state == upload_pb2.Upload.COMPLETE
        return upload

    def _make_upload(self, person, _):
        content = self.new_content()
        upload = self._announce(person, content)
        return Thing(upload.name, person.user, upload.sha256, len(content))

    def _make_full_upload(self, person, _):
        content = self.new_content()
        return Thing(self.send(person, content).name, person.user, hashlib.sha256(content).hexdigest(), len(content))

    def _create_model(self, person, share, content=None):
        content = content or self.new_content()
        request = model_pb2.CreateModelRequest(upload=self.send(person, content).name, model=model_pb2.Model(**share))
        return self.must("ModelService.CreateModel", person, request), len(content)

    def _make_model(self, person, share):
        model, size = self._create_model(person, share)
        self.finish(model.inspect_job)
        return Thing(model.name, person.user, model.sha256, size)

    def _make_unused_model(self, person, share):
        model, size = self._create_model(person, share)
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=model.inspect_job, force=True))
        self.finish(model.inspect_job)
        return Thing(model.name, person.user, model.sha256, size)

    def _create_dataset(self, person, share):
        """Each is seen in another way, so that none is there already."""
        self.count += 1
        request = dataset_pb2.CreateDatasetRequest(dataset=dataset_pb2.Dataset(**share))
        request.dataset.source.retina.SetInParent()
        request.dataset.normalization.scale = self.count
        return self.must("DatasetService.CreateDataset", person, request)

    def _make_dataset(self, person, share):
        dataset = self._create_dataset(person, share)
        self.finish(dataset.import_job)
        return Thing(dataset.name, person.user)

    def _make_unused_dataset(self, person, share):
        dataset = self._create_dataset(person, share)
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=dataset.import_job, force=True))
        self.finish(dataset.import_job)
        return Thing(dataset.name, person.user)

    def _make_wide_model(self, person, share):
        self.count += 1
        model, size = self._create_model(person, share, wide_model.content(self.count))
        self.finish(model.inspect_job)
        return Thing(model.name, person.user, model.sha256, size)

    def _create_job(self, person, share, kind="model"):
        model = self.thing(kind, person.name, "PRIVATE")
        self.count += 1
        spec = score_spec(model, clusters=2, restarts=1)
        spec.score.nulls.samples = 2 if kind == "model" else 0
        job = Job(spec=spec, labels={"number": str(self.count)}, **share)
        name = self.must("JobService.CreateJob", person, job_pb2.CreateJobRequest(job=job)).name
        return Thing(name, person.user, label=str(self.count))

    def _make_queued_job(self, person, share):
        return self._create_job(person, share)

    def _make_ended_job(self, person, share):
        job = self._create_job(person, share)
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name, force=True))
        self.finish(job.name)
        return job

    def _make_job(self, person, share):
        """One that has succeeded."""
        return self._succeed(self._create_job(person, share))

    def _make_job_with_artifact(self, person, share):
        return self._succeed(self._create_job(person, share, "wide_model"))

    def _make_queued_experiment(self, person, share):
        self.count += 1
        request = experiment_pb2.CreateExperimentRequest(
            experiment=experiment_pb2.Experiment(display_name=f"number {self.count}", **share))
        step = request.experiment.spec.steps.add(name="score")
        step.job.CopyFrom(score_spec(self.thing("model", person.name, "PRIVATE"), clusters=2, restarts=1))
        return Thing(self.must("ExperimentService.CreateExperiment", person, request).name, person.user)

    def _make_ended_experiment(self, person, share):
        experiment = self._make_queued_experiment(person, share)
        self.experiments.CancelExperiment(experiment_pb2.CancelExperimentRequest(name=experiment.name, force=True))
        for job in self.experiments.GetExperiment(experiment_pb2.GetExperimentRequest(name=experiment.name)).jobs:
            self.finish(job.job)
        return experiment

    def _make_done_experiment(self, person, share):
        """One whose score has succeeded."""
        experiment = self._make_queued_experiment(person, share)
        for job in self.experiments.GetExperiment(experiment_pb2.GetExperimentRequest(name=experiment.name)).jobs:
            self.assertEqual(self.finish(job.job).state, Job.SUCCEEDED)
        return experiment

    def _succeed(self, job):
        self.assertEqual(self.finish(job.name).state, Job.SUCCEEDED)
        return job

    def state_of(self, thing):
        """The thing, and the names of all jobs, models and data sets, as the operator sees them: what was refused must
        leave them as they were."""
        looks = {
            "models": lambda: self.models.GetModel(model_pb2.GetModelRequest(name=thing.name)),
            "datasets": lambda: self.datasets.GetDataset(dataset_pb2.GetDatasetRequest(name=thing.name)),
            "jobs": lambda: self.jobs.GetJob(job_pb2.GetJobRequest(name=thing.name)),
            "experiments": lambda: self.experiments.GetExperiment(experiment_pb2.GetExperimentRequest(name=thing.name)),
            "uploads": lambda: self.uploads.GetUpload(upload_pb2.GetUploadRequest(name=thing.name)),
            "server": lambda: self.server.GetServer(server_pb2.GetServerRequest()),
        }
        try:
            seen = looks[thing.name.split("/")[0]]()
        except grpc.RpcError as error:
            return error.code(), self._names()
        if thing.name == "server":
            return (seen.draining, seen.stopping), self._names()
        for field in ("queue_position", "waiting_for"):  # others' doing
            if field in seen.DESCRIPTOR.fields_by_name:
                seen.ClearField(field)
        return seen.SerializeToString(deterministic=True), self._names()

    def _names(self):
        jobs = self.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=1000)).jobs
        models = self.models.ListModels(model_pb2.ListModelsRequest(page_size=1000)).models
        datasets = self.datasets.ListDatasets(dataset_pb2.ListDatasetsRequest(page_size=1000)).datasets
        experiments = self.experiments.ListExperiments(experiment_pb2.ListExperimentsRequest(page_size=1000)).experiments
        return sorted(thing.name for thing in (*jobs, *models, *datasets, *experiments))
