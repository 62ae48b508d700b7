"""Networks put together from others through the real programs: they compute what their parts do, say which unit is of
which part, stay as they are where they are frozen, and are refused with a sentence where they do not fit."""

import json
import sys
import unittest

import grpc
import numpy
from modlab.v1 import compose_pb2, dataset_pb2, error_pb2, graph_pb2, job_pb2, model_pb2, score_pb2, train_pb2

import processes
from harness import PATIENCE, EndToEndTest
from test_train import TrainTest

Job = job_pb2.Job

# Composes in PyTorch what the worker has composed, from the same files, and compares all that can be: outputs, the stack's
# outputs with those of its parts, attributes. Arguments: the composed model, its two parts, its head.
COMPARE = """
import json, sys
import torch
composed, first, second, head = (torch.jit.load(path) for path in sys.argv[1:])
torch.manual_seed(0)
x = torch.rand(50, 128)
with torch.no_grad():
    parts = torch.cat([first(x[:, :64]), second(x[:, 64:])], 1)
    stacked = composed.stack(x)
    whole = head(torch.nn.functional.linear(parts, composed.bridge.weight, composed.bridge.bias))
    print(json.dumps({
        "stack": float((stacked - parts).abs().max()),
        "whole": float((composed(x) - whole).abs().max()),
        "scale": float(whole.abs().max()),
        "parts": composed.composed_parts,
        "partition": {name: labels.tolist() for name, labels in composed.planted_partition.items()},
        "cross": {name: int(mask.sum()) for name, mask in composed.gradient_masks.items()},
    }))
"""

# Writes a small convolutional network with batch norms as PyTorch's own modules have them, scripted, and traced.
WRITE = """
import sys
import torch
from torch import nn
torch.manual_seed(int(sys.argv[2]))
net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                    nn.Dropout(0.2), nn.Linear(48, 5), nn.LeakyReLU(0.1))
net(torch.rand(64, 1, 8, 8))
net.eval()
(torch.jit.script(net) if sys.argv[3] == "script" else torch.jit.trace(net, torch.rand(1, 1, 8, 8))).save(sys.argv[1])
"""
# Writes a network whose batch norm has neither scale nor shift.
WRITE_PLAIN_NORM = """
import sys
import torch
from torch import nn
torch.manual_seed(1)
net = nn.Sequential(nn.Linear(64, 10), nn.BatchNorm1d(10, affine=False), nn.ReLU())
net(torch.rand(64, 64))
torch.jit.script(net).save(sys.argv[1])
"""
RUN = """
import json, sys
import torch
composed, first, second = (torch.jit.load(path).eval() for path in sys.argv[1:])
x = torch.rand(20, 2, 8, 8)
with torch.no_grad():
    parts = torch.cat([first(x[:, :1]), second(x[:, 1:])], 1)
    print(float((composed(x) - parts).abs().max()))
"""


class Compose(TrainTest, EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.test = cls()
        cls.data = cls.test.digits()
        cls.part = cls.test.new_model(64, 16, 10)
        cls.other = cls.test.new_model(64, 12, 10, seed=2)
        cls.head = cls.test.new_model(20, 4, 1, seed=3)

    def runTest(self):
        pass

    def compose(self, *parts, head="", bridge=True, seed=1, **fields):
        spec = job_pb2.JobSpec(seed=seed, compose=compose_pb2.ComposeSpec(parts=parts, head=head, **fields))
        if bridge:
            spec.compose.bridge.SetInParent()
        job = self.finish(self.create(spec).name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        model = self.models.GetModel(model_pb2.GetModelRequest(name=job.result.compose.model))
        self.finish(model.inspect_job)
        return job, self.models.GetModel(model_pb2.GetModelRequest(name=model.name))

    def file(self, model):
        path = self.home.path / (model.split("/")[1] + ".pt")
        path.write_bytes(self.content(model))
        return path

    def python(self, program, *arguments):
        """Runs a program with PyTorch in a process of its own, and returns what it prints."""
        ended = processes.run([sys.executable, "-c", program, *map(str, arguments)], timeout=PATIENCE)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def test_it_computes_what_its_parts_compute(self):
        job, model = self.compose(self.part, self.other, head=self.head)
        self.assertEqual(model.inspection.composed_parts, 2)
        self.assertEqual(model.source_job, job.name)
        self.assertEqual([(layer.name, list(layer.inputs), list(layer.outputs)) for layer in job.result.compose.layers],
                         [("stack.fc1", [64, 64], [16, 12]), ("stack.fc2", [16, 12], [10, 10]),
                          ("bridge", [20], [20]), ("head.fc1", [20], [4]), ("head.fc2", [4], [1])])
        self.assertEqual(job.result.compose.cross_connections, 64 * 28 + 28 * 10)
        self.assertEqual(set(job.result.provenance.input_sha256), {self.part, self.other, self.head})
        found = json.loads(self.python(COMPARE, *map(self.file, (model.name, self.part, self.other, self.head))))
        self.assertLess(found["stack"], 1e-6)
        self.assertLess(found["whole"], 1e-6 * max(1, found["scale"]))
        self.assertEqual(found["parts"], 2)
        self.assertEqual(found["partition"]["input"], [0] * 64 + [1] * 64)
        self.assertEqual(found["partition"]["stack.fc1"], [0] * 16 + [1] * 12)
        self.assertEqual(found["partition"]["bridge"] + found["partition"]["head.fc2"], [2] * 21)
        self.assertEqual(found["cross"]["stack.fc1.weight"], 64 * 28)
        self.assertEqual(found["cross"]["stack.fc1.bias"] + found["cross"]["head.fc1.weight"], 0)

    def test_pytorchs_own_modules_with_batch_norms(self):
        files = []
        for seed, way in ((1, "script"), (2, "trace")):
            files.append(self.home.path / f"{way}.pt")
            self.python(WRITE, files[-1], seed, way)
        out, _ = self.modlab("model", "compose", *files, "-q")
        composed = self.file("models/" + out.strip())
        self.assertLess(float(self.python(RUN, composed, *files)), 1e-5)

    def test_planted_partition_is_scored(self):
        _, model = self.compose(self.part, self.part, head=self.head)
        out, _ = self.modlab("score", model.name, "--planted", "composition", "--nulls", "19", "-o", "json")
        planted = json.loads(out)["result"]["score"]["partitions"][2]
        self.assertEqual(planted["method"], "PLANTED")
        self.assertEqual(planted["sizes"], [90, 90, 25])
        self.assertEqual(planted["labels"][:128], [0] * 64 + [1] * 64)
        self.assertGreater(planted["modularity"]["newman"], 0.3)
        self.assertEqual(planted["significance"]["modularity"]["p"], 1 / 20)
        _, err = self.modlab("score", self.part, "--planted", "composition", code=6)
        self.assertIn("was not composed", err)

    def test_what_is_frozen_stays(self):
        _, model = self.compose(self.part, self.part, head=self.head, cross_deviation=0.05)
        before = self.weights(model.name)
        for mode, trained in ((train_pb2.TrainSpec.FREEZE_ALL, {"bridge.weight", "bridge.bias"}),
                              (train_pb2.TrainSpec.FREEZE_CROSS_FREE,
                               {"bridge.weight", "bridge.bias", "stack.fc1.weight", "stack.fc2.weight"})):
            spec = self.spec(model.name, self.pairs(), epochs=2, goals=["y1 + y2"], freeze_mode=mode)
            job = self.train(spec)
            trained_model = self.models.GetModel(model_pb2.GetModelRequest(name=job.result.train.model))
            self.finish(trained_model.inspect_job)
            after = self.weights(trained_model.name)
            changed = {name for name in before if not numpy.array_equal(before[name], after[name])}
            self.assertEqual(changed, trained)
            if mode == train_pb2.TrainSpec.FREEZE_CROSS_FREE:
                kept = before["stack.fc1.weight"] == after["stack.fc1.weight"]
                self.assertTrue(kept[:16, :64].all() and kept[16:, 64:].all())
                self.assertLess(kept[:16, 64:].mean(), 0.5)
            # It is a composition still.
            trained_model = self.models.GetModel(model_pb2.GetModelRequest(name=trained_model.name))
            self.assertEqual(trained_model.inspection.composed_parts, 2)

    def test_batch_norms_without_scale_and_shift_stay(self):
        path = self.home.path / "plain_norm.pt"
        self.python(WRITE_PLAIN_NORM, path)
        part = self.push(path).name
        _, model = self.compose(part, part, head=self.head)
        before = self.weights(model.name)
        job = self.train(self.spec(model.name, self.pairs(), epochs=1, goals=["y1 + y2"],
                                   freeze_mode=train_pb2.TrainSpec.FREEZE_ALL))
        after = self.weights(job.result.train.model)
        self.assertIn("stack.bn1.running_mean", before)
        changed = {name for name in before if not numpy.array_equal(before[name], after[name])}
        self.assertEqual(changed, {"bridge.weight", "bridge.bias"})

    def test_parts_whose_input_shape_is_told_and_cannot_be_derived(self):
        new, _ = self.modlab("model", "new", "--cnn", "1x8x6,conv:3:3,10", "-q")
        part = "models/" + new.strip()
        job, model = self.compose(part, part, bridge=False)
        self.assertEqual([list(shape.dimensions) for shape in job.spec.compose.input_shapes], [[1, 1, 8, 6]] * 2)
        self.assertEqual([list(shape.dimensions) for shape in model.inspection.input_shapes], [[1, 2, 8, 6]])
        self.assertFalse(model.inspection.HasField("graph_error"), model.inspection.graph_error)
        # What is composed can be a part again.
        _, twice = self.compose(model.name, model.name)
        self.assertEqual([list(shape.dimensions) for shape in twice.inspection.input_shapes], [[1, 4, 8, 6]])

    def pairs(self):
        return self.make_dataset(digit_pairs=dataset_pb2.DigitPairs(dataset=self.data, samples=200)).name

    def weights(self, model):
        program = ("import sys, io, json, torch\n"
                   "m = torch.jit.load(sys.argv[1])\n"
                   "print(json.dumps({n: t.tolist() for n, t in m.state_dict().items()}))")
        return {name: numpy.array(value) for name, value in
                json.loads(self.python(program, self.file(model))).items()}

    def test_freezing_by_mode_what_was_not_composed_is_refused_at_once(self):
        spec = self.spec(self.part, self.data, freeze_mode=train_pb2.TrainSpec.FREEZE_ALL)
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "job.spec.train.freeze_mode"):
            self.create(spec)

    def test_parts_that_do_not_fit_are_refused_with_layer_and_shapes(self):
        def failed(*parts, head="", bridge=True):
            spec = job_pb2.JobSpec(compose=compose_pb2.ComposeSpec(parts=parts, head=head))
            if bridge:
                spec.compose.bridge.SetInParent()
            job = self.finish(self.create(spec).name)
            self.assertEqual(job.state, Job.FAILED)
            return job.error

        deeper = self.new_model(64, 16, 8, 10)
        error = failed(self.part, deeper)
        self.assertEqual(error.reason, error_pb2.COMPOSITION_INVALID)
        self.assertEqual(error.metadata["part"], "2")
        self.assertIn("part 2", error.message)
        error = failed(self.part, self.part, head=self.part, bridge=False)
        self.assertIn("the head", error.message)
        self.assertEqual(error.reason, error_pb2.COMPOSITION_INVALID)
        self.assertIn("[1, 20]", error.message)
        self.assertIn("expects 64 features", error.message)
        self.assertEqual(error.metadata["part"], "head")
        self.assertEqual(error.metadata["layer"], "fc1")

    def test_requests_that_make_no_sense(self):
        def refused(field, reason=error_pb2.FIELD_INVALID, status=grpc.StatusCode.INVALID_ARGUMENT, **fields):
            with self.assert_refused(status, reason, "job.spec.compose." + field):
                self.create(job_pb2.JobSpec(compose=compose_pb2.ComposeSpec(**fields)))

        refused("parts", error_pb2.FIELD_MISSING, parts=[self.part])
        refused("parts", parts=[self.part] * 17)
        refused("parts[1]", error_pb2.RESOURCE_NOT_FOUND, grpc.StatusCode.NOT_FOUND,
                parts=[self.part, "models/" + "a" * 12])
        refused("parts[0]", error_pb2.FIELD_MISSING, parts=["", self.part])
        refused("cross_deviation", parts=[self.part] * 2, cross_deviation=-1)
        refused("input_shapes", parts=[self.part] * 2, input_shapes=[graph_pb2.InputShape(dimensions=[1, 64])])
        refused("input_shapes[1]", parts=[self.part] * 2,
                input_shapes=[graph_pb2.InputShape(), graph_pb2.InputShape(dimensions=[1, 0])])
        refused("bridge.outputs", parts=[self.part] * 2, bridge=compose_pb2.BridgeSpec(outputs=0))
        _, err = self.modlab("model", "compose", self.part, code=2)
        self.assertIn("two parts or more", err)

    def test_from_the_shell(self):
        out, _ = self.modlab("model", "compose", self.part, self.other, "--bridge", "--head", self.head, "--cross", "0.1",
                             "--name", "engineered", "--seed", "4")
        self.assertIn("engineered", out)
        self.assertIn("64 + 64", out)
        self.assertIn("16 + 12", out)
        spec, _ = self.modlab("model", "compose", self.part, self.other, "--bridge", "--print-spec")
        path = self.home.path / "spec.json"
        path.write_text(spec)
        again, _ = self.modlab("job", "submit", path, "--wait", "-o", "json")
        self.assertEqual(json.loads(again)["state"], "SUCCEEDED")


class Chains(TrainTest, EndToEndTest):
    """Jobs that work on what other jobs make."""

    def build(self, *layers, seed=1):
        spec = job_pb2.JobSpec(seed=seed)
        spec.build.input_shape.append(layers[0])
        for units in layers[1:]:
            spec.build.layers.add().linear.outputs = units
        return self.create(spec)

    def test_a_chain_runs_by_itself(self):
        data = self.digits()
        net = self.build(64, 12, 10)
        trained = self.create(self.spec(net.name, data, epochs=2))
        self.assertIn(trained.state, (Job.WAITING, Job.QUEUED))
        composed = self.create(job_pb2.JobSpec(compose=compose_pb2.ComposeSpec(parts=[trained.name, trained.name])))
        score = self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(
            model=composed.name, partitions=[score_pb2.PartitionSpec(planted=score_pb2.PlantedSpec(composition=True))],
            nulls=score_pb2.NullSpec(samples=5))))
        self.assertEqual(score.state, Job.WAITING)
        self.assertIn(composed.name, score.waiting_for)
        ended = self.finish(score.name)
        self.assertEqual(ended.state, Job.SUCCEEDED, ended.error)
        self.assertTrue(ended.spec.score.model.startswith("models/"))
        self.assertAlmostEqual(ended.result.score.partitions[0].modularity.newman, 0.5, places=9)
        self.assertEqual(self.get(trained.name).spec.train.loss.kind, train_pb2.LossSpec.CROSS_ENTROPY,
                         "a default that depends on the model")
        states = [update.event.state.state for update in self.watch(score.name) if update.event.HasField("state")]
        self.assertEqual(states, [Job.WAITING, Job.QUEUED, Job.RUNNING, Job.SUCCEEDED])

    def test_what_can_be_checked_is_checked_at_once(self):
        net = self.build(64, 12, 10, seed=5)
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "job.spec.score.resolution"):
            self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=net.name, resolution=-1)))
        score = self.finish(self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=net.name))).name)
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "job.spec.score.model"):
            self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=score.name)))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "job.spec.score.model"):
            self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model="jobs/" + "a" * 12)))

    def test_what_needs_the_model_is_checked_when_it_is_there(self):
        data = self.digits()
        net = self.build(32, 8, 10, seed=6)  # the digits have 64 features
        trained = self.create(self.spec(net.name, data))
        score = self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=trained.name)))
        job = self.finish(trained.name)
        self.assertEqual(job.state, Job.FAILED)
        self.assertIn("32 features", job.error.message)
        job = self.finish(score.name)
        self.assertEqual((job.state, job.error.reason), (Job.FAILED, error_pb2.INPUT_FAILED))
        self.assertEqual(job.error.metadata["job"], trained.name)
        self.assertIn("32 features", job.error.message)

    def test_cancelling_what_is_waited_for(self):
        data = self.digits()
        net = self.build(64, 30, 10, seed=7)
        trained = self.create(self.spec(net.name, data, epochs=100_000))
        score = self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=trained.name)))
        also = self.create(job_pb2.JobSpec(score=score_pb2.ScoreSpec(model=trained.name)))
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=also.name))
        self.assertEqual(self.get(also.name).state, Job.CANCELLED)
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=trained.name, force=True))
        self.assertEqual(self.finish(trained.name).state, Job.CANCELLED)
        job = self.finish(score.name)
        self.assertEqual((job.state, job.error.reason), (Job.FAILED, error_pb2.INPUT_FAILED))
        self.assertIn("was cancelled", job.error.message)


if __name__ == "__main__":
    unittest.main()
