#!/usr/bin/python3
"""Models and workers that mean harm, against the real daemon, on systems of several kinds.

    hostile_trial.py [--long] [--only WORD]

Each attack must be contained and named in its job's error. Nothing may appear outside, jobs that run beside the attack
give what they give without it, and the daemon serves on and does not grow. Prints how each attack ended. Without --long
only the first two kinds of system are tried, the second with attackers' workers alone. As root; MODLAB_BUILD is the build.
"""

import argparse
import contextlib
import os
import pathlib
import sys
import time

import grpc
import numpy
from modlab.v1 import compose_pb2, error_pb2, graph_pb2, job_pb2, model_pb2, score_pb2, server_pb2, train_pb2

import processes
from harness import BIN, DIGITS, EndToEndTest, HinderedDaemon, Home, PATIENCE, endless_spec, score_spec
from test_datasets import npy

HOSTILE_WORKER = BIN / "hostile_worker"
USER = 60000
Job = job_pb2.Job
GROWTH = 64 << 20  # bytes that the daemon may have grown by at the end of a round

# Kinds of system: (name, arguments of `hindered`, words that the level must have).
SYSTEMS = [
    ("root", [], ["seccomp", "namespaces", "own uid"]),
    ("a user", ["--uid", USER], ["seccomp", "namespaces"]),
    ("root without namespaces and Landlock", ["--no-landlock", "--no-namespaces"], ["seccomp", "own uid", "chroot"]),
    ("root without Landlock", ["--no-landlock"], ["seccomp", "namespaces", "own uid"]),
    ("a user without Landlock", ["--uid", USER, "--no-landlock"], ["seccomp", "namespaces"]),
    ("a user without namespaces", ["--uid", USER, "--no-namespaces"], ["seccomp", "Landlock"]),
]

VIOLATION = {"SANDBOX_VIOLATION"}
DENIED = {"CRASHED"}  # with status 10 and `denied: `
DISK = {"DISK_LIMIT"}
INVALID = {"RESULT_INVALID"}
# What each of the worker's attacks must end with; those not named here end with a violation.
INJECTED = {
    "open_to_all": DENIED, "read_passwd": DENIED, "read_environment": DENIED, "read_limits": DENIED,
    "list_neighbours": DENIED, "read_device": DENIED, "write_outside": DENIED, "write_home": DENIED,
    "overwrite_input": DENIED, "remove_input": DENIED, "move_input": DENIED, "thread_of_before": DENIED,
    "thread_bomb": DENIED | {"THREAD_LIMIT", "MEMORY_LIMIT"}, "descriptor_bomb": DENIED, "raise_limits": DENIED,
    "sparse_terabyte": DISK, "fill_the_disk": DISK, "a_million_files": DISK, "fill_the_log": INVALID,
    "events_without_end": INVALID | DISK, "sleep_for_ever": {"TIME_LIMIT"}, "events_malformed": INVALID,
    "events_of_nonsense": INVALID, "result_malformed": INVALID, "result_huge": INVALID | DISK, "result_nan": INVALID,
    "result_label_range": INVALID, "result_label_count": INVALID, "result_of_another_kind": INVALID,
    "artifact_outside": INVALID, "artifact_twice": INVALID, "artifacts_of_nothing": INVALID | DISK,
    "no_result": INVALID, "result_of_unknown_fields": INVALID, "train_without_product": INVALID,
    "train_product_empty": INVALID, "train_product_no_model": INVALID, "train_product_of_nothing": INVALID,
    "train_fills_the_checkpoint": DISK, "train_series_nan": INVALID, "train_on_another_goal": INVALID,
    "train_product_is_a_directory": INVALID,
    "result_of_empty_parts": INVALID, "error_without_end": INVALID, "result_is_a_directory": INVALID,
    "compose_without_product": INVALID, "compose_product_no_model": INVALID, "compose_cross_nan": INVALID,
    "compose_of_negative_units": INVALID, "compose_layers_without_end": INVALID, "compose_as_a_training": INVALID,
}
OUTSIDE = ["result_is_a_link", "result_is_a_fifo", "result_is_a_directory", "events_are_a_link", "events_are_a_fifo",
           "train_product_is_a_link", "train_product_is_a_fifo", "train_product_is_a_directory"]


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def numbers(job):
    """What of a result must not depend on who else is there."""
    (partition,) = job.result.score.partitions
    return list(partition.labels), partition.modularity.newman, partition.ncut, list(partition.eigenvalues)


def train_spec(model, data, seed):
    spec = job_pb2.JobSpec(seed=seed)
    spec.train.model = model
    spec.train.data = data
    spec.train.steps = 3
    return spec


def compose_spec(*parts, head="", seed=1, **fields):
    spec = job_pb2.JobSpec(seed=seed, compose=compose_pb2.ComposeSpec(parts=parts, head=head, **fields))
    if head:
        spec.compose.bridge.SetInParent()
    return spec


class Trial(EndToEndTest):
    """One kind of system. Not run by unittest's loader: `run_system` does."""

    def runTest(self):
        pass

    def begin(self, system, words):
        self.__class__.home = Home()
        self.system = system
        self.words = words
        self.failures = []
        self.outside = pathlib.Path("/tmp/modlab-escaped")
        self.outside.unlink(missing_ok=True)

    def start(self, *options):
        """Starts the daemon on the home's data."""
        self.__class__.daemon = HinderedDaemon(self.home, self.system, "--workers", 2, "--job-disk", "64MiB", *options)
        self.start_daemon()

    @contextlib.contextmanager
    def going_on(self, what):
        """An attack that was not contained is told, and the next is tried."""
        try:
            yield
        except AssertionError as error:
            self.failures.append(what)
            print(f"NOT CONTAINED: {what}: {error}", flush=True)

    def limit(self, resources, reasons):
        """What ends by its time limit ends soon; nothing else does, on any machine."""
        resources.wall_time.seconds = 4 if reasons and "TIME_LIMIT" in reasons else 100
        resources.memory_bytes = 512 << 20

    def reason_of(self, job):
        return error_pb2.Reason.Name(job.error.reason)

    def report(self, what, outcome, seconds, message):
        print(f"  {what:32} {outcome:22} {seconds:6.2f} s  {message[:110]}", flush=True)

    def check_contained(self, what, job, reasons, start):
        message = job.error.message
        outcome = self.reason_of(job) if job.state == Job.FAILED else Job.State.Name(job.state)
        self.report(what, outcome, time.monotonic() - start, message)
        text = f"{what}: {job.error} {job.attempts}"
        self.assertNotIn("ESCAPED", text)
        if reasons is not None or job.state == Job.FAILED:
            self.assertEqual(job.state, Job.FAILED, text)
            self.assertIn(outcome, reasons or {outcome}, text)
            self.assertGreater(len(message.split()), 3, text)
            self.assertLess(len(message), 2000, text)
            self.assertTrue(message.isprintable(), text)
        self.assertEqual(len(job.attempts), 1, text)
        self.assertFalse(self.outside.exists(), what)
        self.assertIsNone(self.daemon.process.poll(), what)

    def make_data(self, features):
        values = numpy.random.default_rng(1).random((64, features), dtype=numpy.float32)
        labels = numpy.arange(64, dtype=numpy.uint8) % 3
        return self.make_dataset({"x": npy(values), "y": npy(labels)}).name

    # --- Models.

    def attack_with_models(self, only, in_full):
        """Without `in_full`, a few compositions only, and none of the attacks on the inspection."""
        import hostile_models  # loads PyTorch
        self.start()
        self.check_level()
        model, self.small_data = self.push(DIGITS), self.make_data(6)
        expected = numbers(self.finish(self.create(score_spec(model, seed=3)).name))
        endless = self.create(endless_spec(model)).name
        self.wait_for_state(endless, Job.RUNNING)
        data = self.daemon.data
        (neighbour,) = data.glob("attempts/*/1/in/model.pt")
        attacks = hostile_models.make(str(self.outside), str(neighbour), str(data / "modlab.db"))
        attacks = [attack for attack in attacks if only in attack[0]]
        for name, content, reasons in attacks:
            with self.going_on(name):
                self.attack_with_model(name, content, reasons)
        compositions = hostile_models.make_compositions(str(self.outside))
        if in_full:
            # What the inspection does not get through may be no chain of layers either.
            compositions += [hostile_models.Composition(
                f"composed: {name}", content, reasons and reasons | {"COMPOSITION_INVALID"})
                for name, content, reasons in attacks]
        compositions = [attack for attack in compositions if only in attack.name and (in_full or attack.short)]
        for attack in compositions:
            with self.going_on(attack.name):
                self.attack_by_composing(attack, model)
        composed = hostile_models.make_composed()[:None if in_full else 1]
        composed = [attack for attack in composed if only in attack[0]]
        for name, content in composed:
            with self.going_on(name):
                self.attack_with_composed(name, content, in_full)
        self.assertEqual(self.get(endless).state, Job.RUNNING, "the neighbour went on")
        self.cancel(endless)
        self.assertEqual(numbers(self.finish(self.create(score_spec(model, seed=3)).name)), expected)
        self.assertEqual(self.daemon.terminate(), 0)
        return model, len(attacks) + len(compositions) + len(composed)

    def push_attack(self, name, content, reasons):
        """The model; nothing where it was refused, for one of the reasons."""
        start = time.monotonic()
        try:
            upload = self.upload(content)
            request = model_pb2.CreateModelRequest(upload=upload.name, model=model_pb2.Model(display_name=name))
            self.limit(request.resources, reasons)
            return self.models.CreateModel(request)
        except grpc.RpcError as error:
            self.check_refused(name, error, reasons or set(), start)
            return None

    def check_refused(self, name, error, reasons, start):
        detail = error_pb2.ErrorDetail()
        detail.ParseFromString(dict(error.trailing_metadata()).get("modlab-error-bin", b""))
        reason = error_pb2.Reason.Name(detail.reason)
        self.report(name, reason, time.monotonic() - start, error.details())
        self.assertIn(reason, reasons, error.details())

    def attack_with_model(self, name, content, reasons):
        start = time.monotonic()
        model = self.push_attack(name, content, reasons)
        if model is None:
            return
        job = self.finish(model.inspect_job)
        if job.state == Job.SUCCEEDED and job.result.inspect.HasField("graph_error"):
            # It was loaded, and failed in its forward: the error is in the inspection.
            error = job.result.inspect.graph_error
            self.report(name, error_pb2.Reason.Name(error.reason), time.monotonic() - start, error.message)
            self.assertIn(error_pb2.Reason.Name(error.reason), reasons or {error_pb2.Reason.Name(error.reason)}, error)
            self.assertNotIn("ESCAPED", error.message)
            self.assertFalse(self.outside.exists(), name)
        else:
            self.check_contained(name, job, reasons, start)
        if job.state == Job.SUCCEEDED and job.result.inspect.parameters:
            self.attack_by_training(name, model.name, reasons)

    def attack_by_training(self, name, model, reasons):
        """The same code, run forward in a training."""
        start = time.monotonic()
        spec = train_spec(model, self.small_data, 1)
        spec.train.loss.kind = train_pb2.LossSpec.CROSS_ENTROPY
        # What has no graph may train: a write that is denied does not raise.
        reasons = None if reasons == {"OPERATION_UNSUPPORTED"} else reasons and reasons | {"MODEL_FORWARD_FAILED"}
        self.limit(spec.resources, reasons)
        self.check_contained(f"trained: {name}", self.finish(self.create(spec).name), reasons, start)

    def attack_by_composing(self, attack, harmless):
        """Composed before its inspection has ended: what that refuses gets as far as the worker."""
        start = time.monotonic()
        model = self.push_attack(attack.name, attack.content, attack.reasons)
        if model is None:
            return
        parts = [harmless.name if attack.head else model.name] * attack.parts
        spec = compose_spec(*parts, head=model.name if attack.head else "")
        if attack.head:
            spec.compose.bridge.outputs = attack.head
        if attack.input_shape:
            spec.compose.input_shapes.extend([graph_pb2.InputShape(dimensions=attack.input_shape)] * attack.parts)
        self.limit(spec.resources, attack.reasons)
        try:
            job = self.finish(self.create(spec).name)
        except grpc.RpcError as error:
            self.check_refused(attack.name, error, {"MODEL_UNUSABLE"}, start)  # its inspection was faster
            return
        self.check_contained(attack.name, job, attack.reasons, start)
        if job.state == Job.SUCCEEDED:
            composed = self.models.GetModel(model_pb2.GetModelRequest(name=job.result.compose.model))
            inspected = self.finish(composed.inspect_job)
            self.assertEqual(inspected.result.inspect.composed_parts, attack.parts, inspected.error)
        self.finish(model.inspect_job)

    def attack_with_composed(self, name, content, in_full):
        """Scored by the partition and, with `in_full`, trained by the masks that it has made up itself."""
        model = self.push_attack(name, content, None)
        self.finish(model.inspect_job)
        planted = score_pb2.PartitionSpec(planted=score_pb2.PlantedSpec(composition=True))
        score = job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=model.name, partitions=[planted]))
        frozen = train_spec(model.name, self.small_data, 1)
        frozen.train.loss.kind = train_pb2.LossSpec.CROSS_ENTROPY
        frozen.train.freeze_mode = train_pb2.TrainSpec.FREEZE_CROSS_FREE
        tries = [("scored", score, {"FIELD_INVALID"}), ("frozen", frozen, {"NOTHING_TO_TRAIN"})]
        for what, spec, reasons in tries[:None if in_full else 1]:
            start = time.monotonic()
            self.limit(spec.resources, None)
            job = self.finish(self.create(spec).name)
            self.check_contained(f"{what}: {name}", job, reasons if job.state == Job.FAILED else None, start)

    # --- An attacker's code in the worker, after it has gone into the sandbox.

    def attack_with_workers(self, model, only, *options, expected=INJECTED):
        names = processes.run([HOSTILE_WORKER, "--list"], PATIENCE).stdout.split()
        self.start("--worker", HOSTILE_WORKER, *options)
        tried, before = 0, resident_bytes(self.daemon.process.pid)
        for number, name in enumerate(names):
            if only not in name or (expected is not INJECTED and name not in expected):
                continue
            tried += 1
            start = time.monotonic()
            spec = self.spec_for(name, model, number)
            reasons = expected.get(name, VIOLATION)
            self.limit(spec.resources, reasons)
            job = self.finish(self.create(spec).name)
            with self.going_on(name):
                self.check_contained(name, job, reasons, start)
                if self.reason_of(job) == "CRASHED":
                    self.assertIn("denied: ", job.error.metadata["output"], name)
        grown = resident_bytes(self.daemon.process.pid) - before
        print(f"  the daemon grew by {grown / (1 << 20):.1f} MiB", flush=True)
        self.assertLess(grown, GROWTH)
        self.assertEqual(self.daemon.terminate(), 0)
        return tried

    def spec_for(self, name, model, number):
        """The job that the attack is in place of."""
        if name.startswith("train_"):
            return train_spec(model.name, self.data_of_digits, number)
        if name.startswith("compose_"):
            return compose_spec(model.name, model.name, seed=number)
        return score_spec(model, seed=number)

    def check_level(self):
        """What `server status` and a job say of the sandbox."""
        job = self.finish(self.push(DIGITS).inspect_job)
        self.data_of_digits = self.make_data(64)
        said = self.server.GetServer(server_pb2.GetServerRequest()).sandbox
        print(f"  held in by: {said}", flush=True)
        self.assertEqual([attempt.sandbox for attempt in job.attempts], [said])
        for word in self.words:
            self.assertIn(word, said)


def run_system(name, system, words, models, only, in_full):
    """How many attacks were tried, and the names of those that were not contained."""
    print(f"\n{name}", flush=True)
    trial = Trial()
    trial.begin(system, words)
    try:
        if models:
            model, tried = trial.attack_with_models(only, in_full)
        else:
            trial.start()
            trial.check_level()
            model, tried = trial.push(DIGITS), 0
            trial.daemon.terminate()
        tried += trial.attack_with_workers(model, only)
        if models and not system:
            # Without a sandbox it can make what the daemon must not follow.
            print("\nroot, with the sandbox off", flush=True)
            tried += trial.attack_with_workers(
                model, only, "--sandbox", "off", expected=dict.fromkeys(OUTSIDE, INVALID))
        return tried, trial.failures
    finally:
        trial.clean_up()
        trial.outside.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="all kinds of system")
    parser.add_argument("--only", default="", help="attacks with this word in their name")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: needs root, to be several kinds of system")
        return
    start, tried, escaped = time.monotonic(), 0, []
    for number, (name, system, words) in enumerate(SYSTEMS if options.long else SYSTEMS[:2]):
        more, failures = run_system(name, system, words, options.long or number == 0, options.only, options.long)
        tried += more
        escaped += failures
    print(f"\n{tried - len(escaped)} of {tried} attacks contained, {time.monotonic() - start:.0f} s")
    sys.exit(1 if escaped else 0)


if __name__ == "__main__":
    main()
