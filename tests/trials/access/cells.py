"""The table: every RPC, tried by everybody, on a thing of every kind, shared in every way."""

import hashlib
import itertools

from modlab.v1 import access_pb2, comparison_pb2, dataset_pb2, experiment_pb2, job_pb2, model_pb2, server_pb2, upload_pb2

import wide_model
from expectations import PEOPLE, ROWS
from harness import score_spec
from lab import Thing

SERVER = Thing("server")
SHORT = {"OK": "ok", "NOT_FOUND": "none", "PERMISSION_DENIED": "denied", "UNAUTHENTICATED": "who?", "SHOWN": "shown",
         "HIDDEN": "hidden"}


def _inspect_spec(thing):
    spec = job_pb2.JobSpec()
    spec.inspect.model = thing.name
    return spec


_numbers = itertools.count()


def _new_upload(thing):
    """Every call announces something else."""
    digest = hashlib.sha256(b"%d" % next(_numbers)).hexdigest()
    return upload_pb2.CreateUploadRequest(upload=upload_pb2.Upload(size_bytes=1, sha256=digest))


def _data_of_file(thing):
    request = dataset_pb2.CreateDatasetRequest()
    request.dataset.source.files.tensors.add(name="x", upload=thing.name)
    return request


def _pairs_of(thing):
    """Every call asks for others."""
    request = dataset_pb2.CreateDatasetRequest()
    pairs = request.dataset.source.digit_pairs
    pairs.dataset, pairs.samples, pairs.seed = thing.name, 1, next(_numbers)
    return request


def _compose_spec(thing):
    spec = job_pb2.JobSpec()
    spec.compose.parts.extend([thing.name, thing.name])
    return spec


def new_experiment(thing, **fields):
    """One that scores a model, each called something else."""
    request = experiment_pb2.CreateExperimentRequest(**fields)
    request.experiment.display_name = f"experiment {next(_numbers)}"
    step = request.experiment.spec.steps.add(name="score")
    step.job.CopyFrom(score_spec(thing, clusters=2, restarts=1))
    return request


# The request of each row about a thing.
REQUESTS = {
    ("ModelService.CreateModel", ""): lambda thing: model_pb2.CreateModelRequest(upload=thing.name),
    ("ModelService.CreateModel", "validate_only"):
        lambda thing: model_pb2.CreateModelRequest(upload=thing.name, validate_only=True),
    ("ModelService.GetModel", ""): lambda thing: model_pb2.GetModelRequest(name=thing.name),
    ("ModelService.ListModels", ""): lambda thing: model_pb2.ListModelsRequest(page_size=1000),
    ("ModelService.ListModels", "sha256"): lambda thing: model_pb2.ListModelsRequest(sha256=thing.sha256),
    ("ModelService.DownloadModel", ""): lambda thing: model_pb2.DownloadModelRequest(name=thing.name),
    ("ModelService.ShareModel", ""): lambda thing: access_pb2.ShareRequest(name=thing.name, shared_with=["sam", "dan"]),
    ("ModelService.DeleteModel", ""): lambda thing: model_pb2.DeleteModelRequest(name=thing.name),
    ("DatasetService.CreateDataset", "files"): _data_of_file,
    ("DatasetService.CreateDataset", "pairs"): _pairs_of,
    ("DatasetService.GetDataset", ""): lambda thing: dataset_pb2.GetDatasetRequest(name=thing.name),
    ("DatasetService.ListDatasets", ""): lambda thing: dataset_pb2.ListDatasetsRequest(page_size=1000),
    ("DatasetService.DownloadDataset", ""): lambda thing: dataset_pb2.DownloadDatasetRequest(name=thing.name),
    ("DatasetService.ShareDataset", ""):
        lambda thing: access_pb2.ShareRequest(name=thing.name, shared_with=["sam", "dan"]),
    ("DatasetService.DeleteDataset", ""): lambda thing: dataset_pb2.DeleteDatasetRequest(name=thing.name),
    ("UploadService.CreateUpload", ""): _new_upload,
    ("UploadService.GetUpload", ""): lambda thing: upload_pb2.GetUploadRequest(name=thing.name),
    ("UploadService.WriteUpload", ""): lambda thing: upload_pb2.WriteUploadRequest(name=thing.name, data=b"x"),
    ("UploadService.DeleteUpload", ""): lambda thing: upload_pb2.DeleteUploadRequest(name=thing.name),
    ("JobService.CreateJob", "score"):
        lambda thing: job_pb2.CreateJobRequest(job=job_pb2.Job(spec=score_spec(thing))),
    ("JobService.CreateJob", "inspect"):
        lambda thing: job_pb2.CreateJobRequest(job=job_pb2.Job(spec=_inspect_spec(thing))),
    ("JobService.CreateJob", "validate_only"):
        lambda thing: job_pb2.CreateJobRequest(job=job_pb2.Job(spec=score_spec(thing)), validate_only=True),
    ("JobService.GetJob", ""): lambda thing: job_pb2.GetJobRequest(name=thing.name),
    ("JobService.ListJobs", ""): lambda thing: job_pb2.ListJobsRequest(page_size=1000),
    ("JobService.ListJobs", "labels"): lambda thing: job_pb2.ListJobsRequest(
        page_size=1000, labels={"number": thing.label}),
    ("JobService.ListQueue", ""): lambda thing: job_pb2.ListQueueRequest(page_size=1000),
    ("JobService.CancelJob", ""): lambda thing: job_pb2.CancelJobRequest(name=thing.name),
    ("JobService.CancelJob", "force"): lambda thing: job_pb2.CancelJobRequest(name=thing.name, force=True),
    ("JobService.DeleteJob", ""): lambda thing: job_pb2.DeleteJobRequest(name=thing.name),
    ("JobService.ShareJob", ""): lambda thing: access_pb2.ShareRequest(name=thing.name, shared_with=["sam", "dan"]),
    ("JobService.WatchJob", ""): lambda thing: job_pb2.WatchJobRequest(name=thing.name),
    ("JobService.WatchJob", "queued"): lambda thing: job_pb2.WatchJobRequest(name=thing.name),
    ("JobService.ListArtifacts", ""): lambda thing: job_pb2.ListArtifactsRequest(job=thing.name),
    ("JobService.DownloadArtifact", ""):
        lambda thing: job_pb2.DownloadArtifactRequest(job=thing.name, artifact="labels-0.npy"),
    ("JobService.ComparePartitions", "first"):
        lambda thing: job_pb2.ComparePartitionsRequest(
            first=job_pb2.ComparedPartition(job=thing.name), second=job_pb2.ComparedPartition(job=thing.name)),
    ("JobService.ComparePartitions", "second"):
        lambda thing: job_pb2.ComparePartitionsRequest(
            first=job_pb2.ComparedPartition(labels=[0] * wide_model.UNITS),
            second=job_pb2.ComparedPartition(job=thing.name)),
    ("JobService.AdjustPValues", ""): lambda thing: job_pb2.AdjustPValuesRequest(jobs=[thing.name]),
    ("JobService.CreateJob", "compose"):
        lambda thing: job_pb2.CreateJobRequest(job=job_pb2.Job(spec=_compose_spec(thing))),
    ("JobService.CompareScores", "jobs"): lambda thing: comparison_pb2.CompareScoresRequest(jobs=[thing.name]),
    ("JobService.CompareScores", "experiment"):
        lambda thing: comparison_pb2.CompareScoresRequest(experiment=thing.name),
    ("ExperimentService.CreateExperiment", ""): new_experiment,
    ("ExperimentService.CreateExperiment", "validate_only"): lambda thing: new_experiment(thing, validate_only=True),
    ("ExperimentService.GetExperiment", ""): lambda thing: experiment_pb2.GetExperimentRequest(name=thing.name),
    ("ExperimentService.ListExperiments", ""): lambda thing: experiment_pb2.ListExperimentsRequest(page_size=1000),
    ("ExperimentService.ShareExperiment", ""):
        lambda thing: access_pb2.ShareRequest(name=thing.name, shared_with=["sam", "dan"]),
    ("ExperimentService.CancelExperiment", ""): lambda thing: experiment_pb2.CancelExperimentRequest(name=thing.name),
    ("ExperimentService.ResumeExperiment", ""): lambda thing: experiment_pb2.ResumeExperimentRequest(name=thing.name),
    ("ExperimentService.DeleteExperiment", ""): lambda thing: experiment_pb2.DeleteExperimentRequest(name=thing.name),
    ("ServerService.GetServer", ""): lambda thing: server_pb2.GetServerRequest(),
    ("ServerService.DrainServer", ""): lambda thing: server_pb2.DrainServerRequest(message="a trial"),
    ("ServerService.UndrainServer", ""): lambda thing: server_pb2.UndrainServerRequest(),
    ("ServerService.StopServer", ""): lambda thing: server_pb2.StopServerRequest(),
}
# What these change when they are allowed cannot be seen in the thing itself.
LEAVE_NO_TRACE = {("UploadService.CreateUpload", ""), ("ModelService.CreateModel", "validate_only"),
                  ("JobService.CreateJob", "validate_only"), ("ExperimentService.CreateExperiment", "validate_only")}
READING = ("Get", "List", "Watch", "Download", "Compare", "Adjust")


def _outcome(lab, rpc, answer, thing):
    """A status, or, of a list, whether the thing is in it."""
    if answer.code != "OK" or ".List" not in rpc or rpc.endswith("Artifacts"):
        return answer.code
    page = lab.rpcs[rpc].parse(answer)
    listed = {"ModelService": "models", "DatasetService": "datasets", "ExperimentService": "experiments"}.get(
        rpc.split(".")[0], "jobs")
    return "SHOWN" if thing.name in [one.name for one in getattr(page, listed)] else "HIDDEN"


def _problem(lab, row, person, sharing, expected):
    """Tries one cell. What it came to, and what is wrong with that, if anything is."""
    rpc, _ = row
    kind, _ = ROWS[row]
    owner = "demoted_owner" if person.name == "demoted_owner" else "owner"
    thing = SERVER if kind == "server" else lab.thing(kind, owner, sharing)
    before = lab.state_of(thing)
    answer = lab.ask(rpc, person, REQUESTS[row](thing))
    outcome = _outcome(lab, rpc, answer, thing)
    if outcome != expected:
        return outcome, f"expected {expected}, got {outcome}: {answer.details}"
    if rpc == "ServerService.StopServer" and outcome == "OK":
        return outcome, None if lab.daemon.process.wait(60) == 0 else "the daemon did not leave well"
    after = lab.state_of(thing)
    may_change = outcome == "OK" and not rpc.split(".")[1].startswith(READING) and row not in LEAVE_NO_TRACE
    if after[0] != before[0] and kind != "server":
        if ".Share" in rpc:
            lab.share(kind, thing, sharing)
        else:
            lab.use_up(kind, owner, sharing)
    changed = after != before
    if changed != may_change:
        return outcome, "it changed what is there" if changed else "it changed nothing"
    return outcome, None


def missing_rows(lab):
    """RPCs that the protocol has and the table does not, and the other way round."""
    assert REQUESTS.keys() == ROWS.keys(), REQUESTS.keys() ^ ROWS.keys()
    return sorted(lab.rpcs.keys() ^ {rpc for rpc, _ in ROWS})


def try_cells(lab, people, rows=ROWS):
    """Prints the table as it came out. Returns the number of cells, and sentences on those that are not as expected."""
    print("".join([f"\n{'':40} {'':8}", *(f" {name:>16}" for name in PEOPLE)]), flush=True)
    count, problems = 0, []
    for row in rows:
        _, table = ROWS[row]
        for sharing in dict.fromkeys(sharing for _, sharing in table):
            line = f"{' '.join(row):40} {sharing:8}"
            outcomes = {}
            # An admin last, after whom a server may have stopped.
            for name in sorted(PEOPLE, key=lambda name: name == "admin"):
                outcomes[name], problem = _problem(lab, row, people[name], sharing, table[name, sharing])
                count += 1
                if problem:
                    problems.append(f"{' '.join(row)} {sharing} {name}: {problem}")
            print(line + "".join(f" {SHORT.get(outcomes[name], outcomes[name]):>16}" for name in PEOPLE), flush=True)
    return count, problems
