"""Scores a TorchScript model with modlab, from Python.

    PYTHONPATH=build/release/python MODLAB_SERVER=unix:/run/user/1000/modlab/modlabd.sock \
        python3 client/examples/python/score.py net.pt --clusters 4

Needs python3-grpcio and python3-protobuf (Debian's are fine) and the stubs that the build writes to build/NAME/python.
Any other language that gRPC supports does the same: the .proto files in proto/modlab/v1 are the manual.
"""

import argparse
import hashlib
import os
import pathlib
import sys
import time
import uuid

import grpc
from modlab.v1 import job_pb2, job_pb2_grpc, model_pb2, model_pb2_grpc, upload_pb2, upload_pb2_grpc

CHUNK = 256 * 1024  # bytes in one message; the server takes at most 1 MiB


def upload(channel, content):
    """Brings bytes to the server and returns the name of the complete upload."""
    uploads = upload_pb2_grpc.UploadServiceStub(channel)
    announced = upload_pb2.Upload(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    # The request_id makes this safe to repeat if the answer gets lost: the server does it only once.
    result = uploads.CreateUpload(upload_pb2.CreateUploadRequest(upload=announced, request_id=str(uuid.uuid4())))
    if result.state != upload_pb2.Upload.COMPLETE:  # it is complete at once if we have sent this content before
        def chunks():
            for offset in range(0, len(content), CHUNK):
                yield upload_pb2.WriteUploadRequest(
                    name=result.name, offset=offset, data=content[offset:offset + CHUNK])
        result = uploads.WriteUpload(chunks())
    return result.name


def watch(channel, job):
    """Prints what a job does, and returns it when it has ended."""
    jobs = job_pb2_grpc.JobServiceStub(channel)
    seen = 0
    while True:
        try:
            # The stream starts with the job as it is, goes on with every event, and ends with the job as it ended.
            for update in jobs.WatchJob(job_pb2.WatchJobRequest(name=job, after_sequence=seen)):
                if update.HasField("job"):
                    latest = update.job
                elif update.HasField("event"):
                    seen = update.event.sequence
                    if update.event.HasField("progress"):
                        progress = update.event.progress
                        print(f"{progress.phase} {progress.fraction:.0%}", file=sys.stderr)
            return latest
        except grpc.RpcError as error:
            # A stream may break, when the server starts anew, say. We go on after the last event that we have seen.
            # (CANCELLED is how gRPC ends a call that reaches a server while it shuts down.)
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED) or seen == 0:
                raise
            time.sleep(1)


def push(channel, path):
    """Makes a model of a file, and returns it when the server has loaded and inspected it."""
    models = model_pb2_grpc.ModelServiceStub(channel)
    model = models.CreateModel(model_pb2.CreateModelRequest(
        model=model_pb2.Model(display_name=path.name), upload=upload(channel, path.read_bytes()),
        request_id=str(uuid.uuid4())))
    watch(channel, model.inspect_job)
    model = models.GetModel(model_pb2.GetModelRequest(name=model.name))
    if model.state == model_pb2.Model.UNUSABLE:
        sys.exit(f"{path} cannot be used: {model.error.message}")
    return model


def score(channel, model, clusters, seed):
    """Scores a model and returns the finished job."""
    spec = job_pb2.JobSpec(seed=seed)
    spec.score.model = model.name
    spec.score.partitions.add().spectral.clusters = clusters
    jobs = job_pb2_grpc.JobServiceStub(channel)
    job = jobs.CreateJob(job_pb2.CreateJobRequest(job=job_pb2.Job(spec=spec), request_id=str(uuid.uuid4())))
    print("watching", job.name, file=sys.stderr)
    job = watch(channel, job.name)
    if job.state != job_pb2.Job.SUCCEEDED:  # FAILED, with job.error set, or CANCELLED
        sys.exit(f"{job.name}: {job.error.message or 'cancelled'}")
    return job


def main():
    parser = argparse.ArgumentParser(description="Score a TorchScript model with modlab.")
    parser.add_argument("model", type=pathlib.Path, help="a file that torch.jit.save has written")
    parser.add_argument("-k", "--clusters", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--server", default=os.environ.get("MODLAB_SERVER"),
                        help="unix:PATH or HOST:PORT (default: MODLAB_SERVER); `modlab server status` shows yours")
    arguments = parser.parse_args()
    if not arguments.server:
        parser.error("name the server with --server or MODLAB_SERVER")

    with grpc.insecure_channel(arguments.server) as channel:
        try:
            model = push(channel, arguments.model)
            job = score(channel, model, arguments.clusters, arguments.seed)
        except grpc.RpcError as error:
            sys.exit(f"refused: {error.details()}")  # the server's sentence: what is wrong, and what to do

    for partition in job.result.score.partitions:
        print(f"{model.display_name}: Q = {partition.modularity.newman:.4f}, n-cut = {partition.ncut:.4f}, "
              f"cluster sizes {list(partition.sizes)}")


if __name__ == "__main__":
    main()
