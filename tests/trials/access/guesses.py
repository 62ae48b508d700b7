"""Names and digests that somebody has guessed: what they may not see must look like what is not there, byte for byte."""

import hashlib
import threading
import time

import grpc
from modlab.v1 import access_pb2, dataset_pb2, job_pb2, model_pb2, upload_pb2

from cells import REQUESTS
from expectations import ROWS
from harness import wait_until
from lab import Person, Thing, bearer

ABSENT_ID = "b" * 12
UNKNOWN_DIGEST = hashlib.sha256(b"nobody has this").hexdigest()
HIDING = ("NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED", "HIDDEN")
# Lists without a filter answer with what one may see, whatever is asked.
UNFILTERED = {("ModelService.ListModels", ""), ("DatasetService.ListDatasets", ""), ("JobService.ListJobs", ""),
              ("JobService.ListQueue", ""), ("ExperimentService.ListExperiments", "")}


def try_names(lab, people):
    """Everybody asks in every way for what they may not see, and for what is not there."""
    count, problems = 0, []
    for row, (kind, table) in ROWS.items():
        if kind == "server" or row in UNFILTERED:
            continue
        there = lab.thing(kind, "owner", "PRIVATE")
        absent = Thing(f"{there.name.split('/')[0]}/{ABSENT_ID}", "zed", UNKNOWN_DIGEST, there.size, "none")
        for name, person in people.items():
            if table[name, "PRIVATE"] not in HIDING or name == "demoted_owner":
                continue
            hidden, missing = (
                lab.ask(row[0], person, REQUESTS[row](thing)).without(thing.name) for thing in (there, absent))
            count += 1
            if hidden != missing:
                problems.append(f"{' '.join(row)}: {name} can tell what is hidden from what is not there:\n"
                                f"      {hidden}\n      {missing}")
    return count, problems


def try_malformed_names(lab, people):
    """What cannot be a name gets a sentence."""
    count, problems = 0, []
    job = lab.thing("job", "owner", "PRIVATE").name
    # On a connection of their own: an answer that is too long for a client can end others beside it.
    stranger = Person("stranger", "dan", grpc.secure_channel(lab.target, lab.credentials(), (
        ("grpc.use_local_subchannel_pool", 1),)), people["stranger"].metadata)
    for name in ("", "/", "jobs", "jobs/", job + "/", job.upper(), job + "\n", "jobs/" + "é" * 12, "../" + job,
                 "models/" + job[5:], "jobs/%", "jobs/" + "x" * 10_000, "jobs/" + "x" * 100_000):
        for rpc in ("JobService.GetJob", "JobService.WatchJob", "JobService.CancelJob", "JobService.ListArtifacts"):
            answer = lab.ask(rpc, stranger, REQUESTS[rpc, ""](Thing(name)))
            count += 1
            if answer.code != "NOT_FOUND" or "modlab-error-bin" not in dict(answer.metadata):
                problems.append(f"{rpc} of a name of {len(name)} bytes, {name[:20]!r}: {answer.code} {answer.details[:200]}")
    return count, problems


def _announce(lab, person, digest, size):
    request = upload_pb2.CreateUploadRequest(upload=upload_pb2.Upload(size_bytes=size, sha256=digest))
    return lab.must("UploadService.CreateUpload", person, request)


def try_digests(lab, people):
    """Content is skipped only by who owns it already: not by a friend who may read it, not by an admin."""
    count, problems = 0, []
    for kind in ("model", "full_upload"):
        for sharing in ("PRIVATE", "SHARED", "EVERYONE") if kind == "model" else ("PRIVATE",):
            thing = lab.thing(kind, "owner", sharing)
            for name in ("owner", "friend", "stranger", "admin"):
                known = _announce(lab, people[name], thing.sha256, thing.size)
                unknown = _announce(lab, people[name], UNKNOWN_DIGEST, thing.size)
                for upload in (known, unknown):
                    upload.ClearField("create_time")
                    upload.ClearField("expire_time")
                    upload.name, upload.sha256 = "", ""
                count += 1
                if (known == unknown) == (name == "owner"):
                    problems.append(f"{name} announces {kind} {sharing} of the owner's: {known}")
    thing = lab.thing("model", "owner", "PRIVATE")
    wrong_size = _announce(lab, people["owner"], thing.sha256, thing.size + 1)
    if wrong_size.state == upload_pb2.Upload.COMPLETE:
        problems.append("an upload of known content is complete although it was announced with another size")
    return count + 1, problems


def try_page_tokens(lab, people):
    """Another's page token opens no page of theirs."""
    problems = []
    for rpc, request, field in (("JobService.ListJobs", job_pb2.ListJobsRequest, "jobs"),
                                ("ModelService.ListModels", model_pb2.ListModelsRequest, "models"),
                                ("DatasetService.ListDatasets", dataset_pb2.ListDatasetsRequest, "datasets")):
        token = lab.must(rpc, people["admin"], request(page_size=1)).next_page_token
        page = lab.must(rpc, people["stranger"], request(page_size=1000, page_token=token))
        own = lab.must(rpc, people["stranger"], request(page_size=1000))
        seen = {one.name for one in getattr(page, field)} - {one.name for one in getattr(own, field)}
        if seen:
            problems.append(f"{rpc}: a page token of an admin's shows {seen}")
    return 3, problems


class _Watcher:
    """Somebody who watches a job, in a thread of their own."""

    def __init__(self, lab, person, name):
        rpc = lab.rpcs["JobService.WatchJob"]
        stub = person.channel.unary_stream(
            rpc.path, request_serializer=rpc.request.SerializeToString, response_deserializer=rpc.response.FromString)
        self.stream = stub(job_pb2.WatchJobRequest(name=name), metadata=person.metadata)
        self.seen, self.code = [], None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        wait_until(lambda: self.seen, "the watcher sees the job")

    def _read(self):
        try:
            for update in self.stream:
                self.seen.append(update)
            self.code = "OK"
        except grpc.RpcError as error:
            self.code = error.code().name

    def states(self):
        return [update.event.state.state for update in self.seen if update.HasField("event")]


def try_open_streams(lab, people):
    """What is taken from a watcher is taken within a second: none learns what happens to the job from then on."""
    problems = []

    def share(name, **fields):
        lab.must("JobService.ShareJob", people["owner"], access_pb2.ShareRequest(name=name, **fields))

    def no_longer_shared(name):
        share(name)

    def token_revoked(name):
        lab.modlabd("token", "revoke", extra.split("_")[1])

    def user_removed(name):
        lab.modlabd("user", "remove", "tim")

    for what, take in (("the job is no longer shared", no_longer_shared), ("the token is revoked", token_revoked),
                       ("the user is removed", user_removed)):
        lab.modlabd("user", "add", "tim")
        extra = lab.modlabd("token", "create", "tim").strip()
        tim = Person("tim", "tim", lab.channel_over_tls, bearer(extra))
        name = lab.thing("queued_job", "owner", "EVERYONE").name
        lab.use_up("queued_job", "owner", "EVERYONE")
        watcher = _Watcher(lab, tim, name)
        take(name)
        time.sleep(1.1)
        lab.must("JobService.CancelJob", people["owner"], job_pb2.CancelJobRequest(name=name, force=True))
        watcher.thread.join(30)
        if watcher.code == "OK" or job_pb2.Job.CANCELLED in watcher.states():
            problems.append(f"an open watch goes on although {what}: {watcher.code}, states {watcher.states()}")
    return 3, problems
