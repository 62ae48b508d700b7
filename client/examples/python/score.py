"""Scores a TorchScript model with modlab, from Python.

    PYTHONPATH=build/release/python python3 client/examples/python/score.py net.pt --clusters 4 \
        --server lab.example:7443 --ca ca.pem --token-file alice.token

Needs python3-grpcio and python3-protobuf (Debian's are fine) and the stubs that the build writes to build/NAME/python.
The .proto files in proto/modlab/v1 are the manual.
"""

import argparse
import hashlib
import os
import pathlib
import sys
import uuid

import grpc
from connection import Patience, UsageError, connect, persist
from modlab.v1 import job_pb2, job_pb2_grpc, model_pb2, model_pb2_grpc, upload_pb2, upload_pb2_grpc

CHUNK = 256 * 1024  # bytes in one message; the server takes at most 1 MiB


class JobFailed(Exception):
    pass


class Modlab:
    """A server, as this program uses it. Waits up to `patience` seconds where the server is away."""

    def __init__(self, channel, patience):
        self.uploads = upload_pb2_grpc.UploadServiceStub(channel)
        self.models = model_pb2_grpc.ModelServiceStub(channel)
        self.jobs = job_pb2_grpc.JobServiceStub(channel)
        self.patience = patience

    def upload(self, file):
        """Brings a file's bytes to the server and returns the name of the complete upload."""
        digest = hashlib.sha256()
        while block := file.read(CHUNK):
            digest.update(block)
        announced = upload_pb2.Upload(size_bytes=file.tell(), sha256=digest.hexdigest())
        # The request_id makes this safe to repeat if the answer gets lost: the server does it only once.
        request = upload_pb2.CreateUploadRequest(upload=announced, request_id=str(uuid.uuid4()))
        upload = persist(self.uploads.CreateUpload, request, self.patience)
        name, patience = upload.name, Patience(self.patience)
        while upload.state != upload_pb2.Upload.COMPLETE:  # it is at once if we have sent this content before
            start = upload.committed_bytes
            try:
                upload = self.uploads.WriteUpload(chunks(file, name, start))
                if upload.state != upload_pb2.Upload.COMPLETE:
                    raise UsageError(f"{file.name} changed while it was sent")
            except grpc.RpcError as error:
                patience.pause(error)
                # What the server has on disk it keeps: we go on from there.
                upload = persist(self.uploads.GetUpload, upload_pb2.GetUploadRequest(name=name), self.patience)
                if upload.committed_bytes > start:
                    patience.progress()
        return name

    def watch(self, job):
        """Prints what a job does, and returns it when it has ended."""
        seen = 0
        patience = Patience(self.patience)
        while True:
            try:
                # The stream starts with the job as it is, goes on with every event, and ends with the job as it ended.
                for update in self.jobs.WatchJob(job_pb2.WatchJobRequest(name=job, after_sequence=seen)):
                    patience.progress()
                    if update.HasField("job"):
                        latest = update.job
                    elif update.HasField("event"):
                        seen = update.event.sequence
                        show(update.event)
                return latest
            except grpc.RpcError as error:
                patience.pause(error)  # then go on after the last event that we have seen: none is lost or repeated

    def push(self, path):
        """Makes a model of a file, and returns it when the server has loaded and inspected it."""
        try:
            with path.open("rb") as file:
                upload = self.upload(file)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error
        request = model_pb2.CreateModelRequest(
            model=model_pb2.Model(display_name=path.name), upload=upload, request_id=str(uuid.uuid4()))
        model = persist(self.models.CreateModel, request, self.patience)
        if model.state == model_pb2.Model.INSPECTING:  # else the server knew it, and that job may be gone
            self.watch(model.inspect_job)
            model = persist(self.models.GetModel, model_pb2.GetModelRequest(name=model.name), self.patience)
        if model.state == model_pb2.Model.UNUSABLE:
            raise JobFailed(f"{path} cannot be used: {model.error.message}")
        return model

    def score(self, model, clusters, seed):
        """Scores a model and returns the finished job."""
        spec = job_pb2.JobSpec(seed=seed)
        spec.score.model = model.name
        spec.score.partitions.add().spectral.clusters = clusters
        request = job_pb2.CreateJobRequest(job=job_pb2.Job(spec=spec), request_id=str(uuid.uuid4()))
        job = persist(self.jobs.CreateJob, request, self.patience)
        print("watching", job.name, file=sys.stderr)
        job = self.watch(job.name)
        if job.state != job_pb2.Job.SUCCEEDED:  # FAILED, with job.error set, or CANCELLED
            raise JobFailed(f"{job.name}: {job.error.message or 'cancelled'}")
        return job


def chunks(file, name, offset):
    """The messages of a WriteUpload stream, from `offset` on."""
    while True:  # at least one, if only to be told that all is there
        data = os.pread(file.fileno(), CHUNK, offset)
        yield upload_pb2.WriteUploadRequest(name=name, offset=offset, data=data)
        offset += len(data)
        if len(data) < CHUNK:
            return


def show(event):
    if event.HasField("state"):
        print(job_pb2.Job.State.Name(event.state.state).lower(), file=sys.stderr)
    elif event.HasField("progress"):
        fraction = f" {event.progress.fraction:.0%}" if event.progress.HasField("fraction") else ""
        print(f"{event.progress.phase}{fraction}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description="Score a TorchScript model with modlab.")
    parser.add_argument("model", type=pathlib.Path, help="a file that torch.jit.save has written")
    parser.add_argument("--clusters", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--server", default=os.environ.get("MODLAB_SERVER"),
                        help="HOST:PORT, with TLS, or unix:PATH (default: MODLAB_SERVER)")
    parser.add_argument("--ca", default=os.environ.get("MODLAB_CA"), help="PEM file of the authority that signed its certificate")
    parser.add_argument("--token-file", default=os.environ.get("MODLAB_TOKEN_FILE"), help="holds your token; mode 600")
    parser.add_argument("--patience", type=float, default=60, help="seconds to wait for a server that is away")
    arguments = parser.parse_args()
    if not arguments.server:
        parser.error("name the server with --server or MODLAB_SERVER")

    try:
        with connect(arguments.server, arguments.ca, arguments.token_file) as channel:
            modlab = Modlab(channel, arguments.patience)
            model = modlab.push(arguments.model)
            job = modlab.score(model, arguments.clusters, arguments.seed)
    except UsageError as error:
        parser.error(str(error))
    except JobFailed as error:
        sys.exit(str(error))
    except grpc.RpcError as error:
        sys.exit(f"refused: {error.details()}")  # the server's sentence: what is wrong, and what to do

    for partition in job.result.score.partitions:
        print(f"{model.display_name}: Q = {partition.modularity.newman:.4f}, n-cut = {partition.ncut:.4f}, "
              f"cluster sizes {list(partition.sizes)}")


if __name__ == "__main__":
    main()
