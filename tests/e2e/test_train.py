"""Training through the real programs: it learns, tells how it fares, and comes to the same end whatever happens to it.

Usage: test_train.py [--long]: 24 kills of each kind of training instead of six.
"""

import csv
import io
import json
import random
import sys
import time
import unittest

import grpc
import numpy
from modlab.v1 import dataset_pb2, error_pb2, job_pb2, model_pb2, train_pb2

import processes
import test_datasets
from harness import DATA, EndToEndTest, FreshDaemonTest, wait_until

Job = job_pb2.Job
IMAGES = DATA / "digits-images-idx3-ubyte.gz"
LABELS = DATA / "digits-labels-idx1-ubyte.gz"

# Of trainings that are killed; a round has three, each of which is killed twice.
EPOCHS, ROUNDS = 120, 4 if "--long" in sys.argv else 1

# Runs a model on inputs in a process of its own, so that this one needs no PyTorch: a .pt file, and an .npy file of
# inputs; prints outputs as JSON.
FORWARD = """
import json, sys
import numpy, torch
model = torch.jit.load(sys.argv[1])
with torch.no_grad():
    print(json.dumps(model(torch.from_numpy(numpy.load(sys.argv[2]))).tolist()))
"""


class TrainTest:
    """What the classes below have in common."""

    def digits(self):
        """The digits, seen from 0 to 1."""
        request = dataset_pb2.CreateDatasetRequest()
        request.dataset.normalization.scale = 1 / 16
        for name, path in (("x", IMAGES), ("y", LABELS)):
            request.dataset.source.files.tensors.add(name=name, upload=self.upload(path.read_bytes()).name)
        dataset = self.datasets.CreateDataset(request)
        self.finish(dataset.import_job)
        return dataset.name

    def new_model(self, *layers, seed=1, **fields):
        spec = job_pb2.JobSpec(seed=seed)
        spec.build.input_shape.append(layers[0])
        for units in layers[1:]:
            spec.build.layers.add().linear.outputs = units
        for name, value in fields.items():
            setattr(spec.build, name, value)
        job = self.finish(self.create(spec).name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        model = self.models.GetModel(model_pb2.GetModelRequest(name=job.result.build.model))
        self.finish(model.inspect_job)
        return model.name

    def spec(self, model, data, seed=1, **fields):
        return job_pb2.JobSpec(seed=seed, train=train_pb2.TrainSpec(model=model, data=data, **fields))

    def train(self, spec):
        job = self.finish(self.create(spec).name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        return job

    def failed(self, spec, reason):
        job = self.finish(self.create(spec).name)
        self.assertEqual(job.state, Job.FAILED)
        self.assertEqual(error_pb2.Reason.Name(job.error.reason), error_pb2.Reason.Name(reason), job.error.message)
        return job

    def content(self, model):
        return b"".join(
            piece.data for piece in self.models.DownloadModel(model_pb2.DownloadModelRequest(name=model)))

    def artifact(self, job, name):
        return b"".join(piece.data for piece in self.jobs.DownloadArtifact(
            job_pb2.DownloadArtifactRequest(job=job.name, artifact=name)))

    def series(self, job):
        return list(csv.DictReader(io.StringIO(self.artifact(job, "series.csv").decode())))

    def sha256_of_trained(self, job):
        return self.models.GetModel(model_pb2.GetModelRequest(name=job.result.train.model)).sha256


class Training(TrainTest, EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.test = cls()
        cls.data = cls.test.digits()
        cls.classifier = cls.test.new_model(64, 32, 10)
        cls.adder = cls.test.new_model(128, 32, 16, 1)

    def runTest(self):
        pass

    def test_a_classifier_learns_digits_from_the_shell(self):
        """Losses, metrics and progress in the stream, the CSV, the result; the model in PyTorch gives the same."""
        out, messages = self.modlab("train", self.classifier, "--data", self.data, "--epochs", "12", "--lr", "0.01",
                                    "--validation", "0.25", "--seed", "3", "-o", "json", "--watch")
        job = json.loads(out)
        train = job["result"]["train"]
        self.assertEqual(train["stoppedBy"], "all epochs")
        self.assertEqual(job["spec"]["train"]["loss"]["kind"], "CROSS_ENTROPY", "by the data and the network")
        self.assertEqual([record["epoch"] for record in train["series"]], list(range(13)))
        last = train["series"][-1]
        self.assertGreater(last["evaluationMetrics"][0], 0.9)
        self.assertLess(last["loss"], train["series"][1]["loss"] / 4)
        self.assertIn("epoch", messages)

        stream = [json.loads(line) for line in
                  self.modlab("job", "watch", job["name"], "-o", "jsonl")[0].splitlines()]
        losses = [event["metric"]["value"] for event in stream
                  if event.get("metric", {}).get("name") == "loss"]
        self.assertEqual(losses, [record["loss"] for record in train["series"][1:]])
        rows = self.series(self.get(job["name"]))
        self.assertEqual([float(row["loss"]) for row in rows[1:]], losses)
        self.assertEqual([float(row["evaluation_accuracy"]) for row in rows],
                         [record["evaluationMetrics"][0] for record in train["series"]])

        model = self.models.GetModel(model_pb2.GetModelRequest(name=train["model"]))
        self.assertEqual(model.source_job, job["name"])
        self.finish(model.inspect_job)
        self.modlab("score", model.name, "--nulls", "0")
        self.assertEqual(train["evaluations"][0]["loss"], last["evaluationLoss"])

    def test_the_trained_model_in_pytorch_is_what_the_worker_evaluated(self):
        spec = self.spec(self.classifier, self.data, epochs=3)
        spec.train.evaluation_data = self.data
        job = self.train(spec)
        archive = self.home.path / "trained.pt"
        archive.write_bytes(self.content(job.result.train.model))
        raw = self.home.path / "inputs.npy"
        numpy.save(raw, (test_datasets.idx_images().reshape(-1, 64) / 16).astype(numpy.float32))
        outputs = json.loads(processes.run([sys.executable, "-c", FORWARD, archive, raw], 240).stdout)
        labels = test_datasets.idx_labels().astype(int)
        logits = numpy.array(outputs)
        logits -= logits.max(axis=1, keepdims=True)
        losses = numpy.log(numpy.exp(logits).sum(axis=1)) - logits[numpy.arange(len(labels)), labels]
        evaluation = job.result.train.evaluations[0]
        self.assertAlmostEqual(losses.mean(), evaluation.loss, delta=1e-6)
        self.assertAlmostEqual((logits.argmax(axis=1) == labels).mean(), evaluation.metrics[0], delta=1e-9)

    def varying_spec(self, **fields):
        spec = self.spec(self.adder, self.even(), epochs=8, goals=["a*y1 + b*y2"], **fields)
        spec.train.task.pairing = train_pb2.TaskSpec.CONCATENATED
        spec.train.schedule.vary["a"] = "U(0,10)"
        spec.train.schedule.vary["b"] = "U(0,10)"
        spec.train.schedule.period_epochs = 2
        spec.train.schedule.warmup_epochs = 4
        spec.train.modularity.every_epochs = 1
        return spec

    def even(self):
        """The digits but one, so that they make pairs."""
        if not hasattr(Training, "even_data"):
            content = {name: test_datasets.npy(array[:1600]) for name, array in
                       (("x", test_datasets.idx_images()), ("y", test_datasets.idx_labels()))}
            Training.even_data = self.make_dataset(content).name
        return Training.even_data

    def test_a_randomly_varying_goal_switches_and_modularity_is_in_the_series(self):
        job = self.train(self.varying_spec())
        train = job.result.train
        drawn = [tuple(sorted(record.goal.parameters.items())) for record in train.series]
        self.assertEqual(drawn[0:5], [(("a", 1.0), ("b", 1.0))] * 5, "until the warm-up ends")
        self.assertEqual(drawn[5], drawn[6])
        self.assertEqual(len(set(drawn)), 3)
        for record in train.series[5:]:
            for value in record.goal.parameters.values():
                self.assertTrue(0 <= value < 10)
        self.assertEqual([change.epoch for change in train.switches], [5, 7])
        self.assertEqual([change.goal for change in train.switches], [train.series[5].goal, train.series[7].goal])
        measured = [record.modularity.modularity for record in train.series]
        self.assertEqual([(change.modularity_before, change.modularity_after) for change in train.switches],
                         [(measured[4], measured[5]), (measured[6], measured[7])])
        for record in train.series:
            self.assertTrue(record.HasField("modularity"), record.epoch)
            self.assertTrue(-0.5 <= record.modularity.modularity <= 1)
            self.assertEqual(record.modularity.HasField("agreement"), record.epoch > 0)
        rows = self.series(job)
        self.assertEqual([float(row["modularity"]) for row in rows],
                         [record.modularity.modularity for record in train.series])
        self.assertEqual([float(row["a"]) for row in rows], [dict(row_of)["a"] for row_of in drawn])
        partitions = numpy.load(io.BytesIO(self.artifact(job, "partitions.npy")))
        self.assertEqual(partitions.shape, (9, 128 + 32 + 16 + 1))
        self.assertEqual(len(train.evaluations), 2, "at the first values, and at the last ones")

    def test_the_same_spec_gives_the_same_bytes(self):
        first, second = (self.train(self.varying_spec()) for _ in range(2))
        self.assertEqual(self.sha256_of_trained(first), self.sha256_of_trained(second))
        self.assertEqual(first.result.train.series, second.result.train.series)
        other = self.varying_spec()
        other.seed = 2
        self.assertNotEqual(self.sha256_of_trained(self.train(other)), self.sha256_of_trained(first))

    def test_goals_that_take_turns_on_the_retina(self):
        retina = self.make_dataset(retina=dataset_pb2.Retina())
        model = self.new_model(8, 8, 4, 1, activation=3, output_activation=4)
        job = self.modlab_json("train", model, "--data", retina.name, "--goal", "left & right", "--goal", "left | right",
                               "--switch-every", "20", "--epochs", "120", "--lr", "0.02", "--batch", "32", "--q-every", "20",
                               "--q-nulls", "10", "--keep-optimizer")
        train = job["result"]["train"]
        self.assertEqual([change["epoch"] for change in train["switches"]], [21, 41, 61, 81, 101])
        self.assertEqual([change["goal"]["expression"] for change in train["switches"]],
                         ["left | right", "left & right"] * 2 + ["left | right"])
        measured = [record for record in train["series"] if "modularity" in record]
        self.assertEqual([record["epoch"] for record in measured], list(range(0, 121, 20)))
        for record in measured:
            self.assertIn("z", record["modularity"])
        self.assertEqual(len(train["evaluations"]), 2)
        self.assertLess(train["evaluations"][1]["loss"], 0.1, "the goal that was learned last")

    def test_a_printed_spec_runs_unchanged(self):
        words = ("--epochs", "2", "--optimizer", "sgd", "--momentum", "0.9", "--nesterov", "--lr-schedule", "cosine",
                 "--clip-norm", "1", "--seed", "5", "--freeze", "fc1.*", "--q-every", "1")
        printed, _ = self.modlab("train", self.classifier, "--data", self.data, *words, "--print-spec")
        path = self.home.path / "spec.json"
        path.write_text(printed)
        direct = self.modlab_json("train", self.classifier, "--data", self.data, *words)
        submitted = self.modlab_json("job", "submit", path, "--wait")
        self.assertEqual(direct["spec"], submitted["spec"])
        self.assertEqual(direct["result"]["train"]["series"], submitted["result"]["train"]["series"])

    def test_frozen_and_masked_entries_stay_to_the_bit(self):
        mask = numpy.zeros(32 * 64, dtype=int)
        mask[::3] = 1
        path = self.home.path / "mask.txt"
        path.write_text(" ".join(map(str, mask)))
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--epochs", "2", "--freeze", "fc2.bias",
                               "--mask", f"fc1.weight={path}", "--weight-decay", "0.1", "--lr", "0.01")
        before, after = (self.state_of(name) for name in (self.classifier, job["result"]["train"]["model"]))
        self.assertEqual(before["fc2.bias"], after["fc2.bias"])
        changed = numpy.array(before["fc1.weight"]).ravel() != numpy.array(after["fc1.weight"]).ravel()
        self.assertFalse(changed[mask == 0].any())
        self.assertGreater(changed[mask == 1].mean(), 0.5)
        self.assertNotEqual(before["fc2.weight"], after["fc2.weight"])

    def state_of(self, model):
        archive = self.home.path / "state.pt"
        archive.write_bytes(self.content(model))
        script = ("import json, sys, torch; model = torch.jit.load(sys.argv[1]); "
                  "print(json.dumps({name: tensor.tolist() for name, tensor in model.state_dict().items()}))")
        return json.loads(processes.run([sys.executable, "-c", script, archive], 240).stdout)

    def test_a_mask_may_be_numpys_array_as_large_as_its_parameter(self):
        mask = numpy.zeros((32, 64), dtype=bool)
        mask[:, ::2] = True
        path = self.home.path / "mask.npy"
        numpy.save(path, mask)
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--epochs", "1", "--mask",
                               f"fc1.weight={path}")
        before, after = (self.state_of(name) for name in (self.classifier, job["result"]["train"]["model"]))
        changed = numpy.array(before["fc1.weight"]) != numpy.array(after["fc1.weight"])
        self.assertFalse(changed[~mask].any())
        self.assertGreater(changed[mask].mean(), 0.5)

    def test_a_mask_may_end_within_a_byte(self):
        def spec(trained):
            return self.spec(self.classifier, self.data, epochs=2,
                             masks=[train_pb2.GradientMask(parameter="fc2.bias", trained=trained)])

        mask = numpy.array([1, 0, 0, 1, 0, 1, 1, 0, 0, 1], dtype=bool)
        job = self.train(spec(numpy.packbits(mask, bitorder="little").tobytes()))
        before, after = (self.state_of(name) for name in (self.classifier, job.result.train.model))
        changed = numpy.array(before["fc2.bias"]) != numpy.array(after["fc2.bias"])
        self.assertEqual(changed.tolist(), mask.tolist())
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID,
                                 "job.spec.train.masks[0].trained"):
            self.create(spec(b"\xff\xff"))

    def test_pruning_leaves_what_is_masked(self):
        weights = {"fc1.weight": (32, 64), "fc2.weight": (10, 32)}
        masks = {name: numpy.random.default_rng(1).random(shape) < 0.5 for name, shape in weights.items()}
        job = self.train(self.spec(
            self.classifier, self.data, epochs=2, pruning=train_pb2.PruningSpec(sparsity=0.8, last_epoch=1),
            masks=[train_pb2.GradientMask(parameter=name, trained=numpy.packbits(mask, bitorder="little").tobytes())
                   for name, mask in masks.items()]))
        before, after = (self.state_of(name) for name in (self.classifier, job.result.train.model))
        zeros = 0
        for name, mask in masks.items():
            then, now = numpy.array(before[name]), numpy.array(after[name])
            self.assertTrue((then == now)[~mask].all(), name)
            zeros += (now[mask] == 0).sum()
        self.assertEqual(zeros, round(0.8 * sum(mask.sum() for mask in masks.values())))
        self.assertAlmostEqual(job.result.train.series[-1].sparsity, 0.8, places=2)

    def test_weights_can_begin_clusterable(self):
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--steps", "1", "--optimizer", "sgd",
                               "--lr", "1e-12", "--clusterable-init", "2", "--init-outside", "0.25")
        self.assertEqual(job["spec"]["train"]["initialization"], {"clusters": 2, "outside": 0.25})
        before, after = (self.state_of(name) for name in (self.classifier, job["result"]["train"]["model"]))
        factors = numpy.array(after["fc1.weight"]) / numpy.array(before["fc1.weight"])
        inside = (1 + 1 - 0.25 ** 2) ** 0.5
        parts = [numpy.arange(size) * 2 // size for size in factors.shape]
        expected = numpy.where(parts[0][:, None] == parts[1][None, :], inside, 0.25)
        numpy.testing.assert_allclose(factors, expected, rtol=1e-5)

    def test_units_can_be_rescaled_before_the_regulariser(self):
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--steps", "1", "--optimizer", "sgd",
                               "--lr", "1e-12", "--clusterability", "0.1", "--rescale-units")
        before, after = (self.state_of(name) for name in (self.classifier, job["result"]["train"]["model"]))
        inputs = numpy.random.default_rng(0).random((10, 64))

        def outputs(state):
            hidden = numpy.maximum(inputs @ numpy.array(state["fc1.weight"]).T + state["fc1.bias"], 0)
            return hidden @ numpy.array(state["fc2.weight"]).T + state["fc2.bias"]

        self.assertNotEqual(before["fc1.weight"], after["fc1.weight"])
        numpy.testing.assert_allclose(outputs(after), outputs(before), rtol=1e-4, atol=1e-5)
        norms = (numpy.linalg.norm(numpy.array(after["fc1.weight"]), axis=1),
                 numpy.linalg.norm(numpy.array(after["fc2.weight"]), axis=0))
        numpy.testing.assert_allclose(*norms, rtol=1e-4)

    def test_images_get_the_channel_that_a_network_wants(self):
        new, _ = self.modlab("model", "new", "--cnn", "1x8x8,conv:4:3,pool:2,10", "-q")
        job = self.modlab_json("train", new.strip(), "--data", self.data, "--epochs", "1")
        self.assertEqual(job["spec"]["train"]["inputShapes"][0]["dimensions"], [1, 1, 8, 8], "as it was made")
        # A size that the network takes as well, as it is derived where none is known: one channel is what it tells.
        job = self.modlab_json("train", new.strip(), "--data", self.data, "--epochs", "1", "--input-shape", "1,1,9,9")
        self.assertEqual(job["result"]["train"]["epochs"], 1)

    def test_a_device_is_named_and_must_be_there(self):
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--steps", "1", "--device", "cpu")
        self.assertEqual(job["result"]["train"]["device"], "cpu")
        _, error = self.modlab("train", self.classifier, "--data", self.data, "--device", "tpu", code=6)
        self.assertIn("`tpu` is no device", error)
        _, error = self.modlab("train", self.classifier, "--data", self.data, "--device", "cuda:99", code=1)
        self.assertIn("cuda:99", error)
        self.assertIn("leave the device out", error)

    def test_pruning_reaches_its_sparsity_and_keeps_it(self):
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--epochs", "4", "--prune", "0.8")
        state = self.state_of(job["result"]["train"]["model"])
        weights = numpy.concatenate([numpy.array(state[name]).ravel() for name in ("fc1.weight", "fc2.weight")])
        self.assertEqual((weights == 0).sum(), round(0.8 * weights.size))
        self.assertAlmostEqual(job["result"]["train"]["series"][-1]["sparsity"], 0.8, places=3)

    def test_the_regulariser_makes_networks_more_clusterable(self):
        sums = []
        for strength in ("0.00001", "1"):
            job = self.modlab_json("train", self.classifier, "--data", self.data, "--epochs", "6", "--clusterability",
                                   strength, "--clusterability-every", "10")
            sums.append(job["result"]["train"]["series"][-1]["clusterability"])
        self.assertLess(sums[1], sums[0])

    def test_training_stops_when_it_is_good_enough(self):
        job = self.modlab_json("train", self.classifier, "--data", self.data, "--epochs", "200", "--lr", "0.01",
                               "--stop-accuracy", "0.9")
        train = job["result"]["train"]
        self.assertEqual(train["stoppedBy"], "accuracy")
        self.assertLess(train["epochs"], 200)
        self.assertGreaterEqual(train["series"][-1]["metrics"][0], 0.9)
        self.assertLess(train["series"][-2]["metrics"][0], 0.9)

    def test_cancelling_keeps_the_model_so_far(self):
        job = self.create(self.spec(self.classifier, self.data, epochs=1000000))
        wait_until(lambda: self.get(job.name).last_sequence > 20, "it trains")
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))
        ended = self.finish(job.name)
        self.assertEqual(ended.state, Job.SUCCEEDED)
        self.assertEqual(ended.result.train.stopped_by, "cancelled")
        self.assertGreater(ended.result.train.steps, 0)
        self.assertTrue(self.content(ended.result.train.model))

    def test_a_loss_that_is_not_finite_stops_with_the_last_good_model(self):
        spec = self.spec(self.adder, self.even(), epochs=50, goals=["1000000 * (y1 + y2)"])
        spec.train.task.pairing = train_pb2.TaskSpec.CONCATENATED
        spec.train.optimizer.kind = train_pb2.OptimizerSpec.SGD
        spec.train.learning_rate.rate = 10
        job = self.failed(spec, error_pb2.LOSS_NOT_FINITE)
        for word in ("step", "epoch", "1000000 * (y1 + y2)"):
            self.assertIn(word, job.error.message)
        archive = self.home.path / "good.pt"
        archive.write_bytes(self.artifact(job, "last-good.pt"))
        script = ("import sys, torch; print(all(bool(torch.isfinite(p).all()) for p in "
                  "torch.jit.load(sys.argv[1]).parameters()))")
        self.assertEqual(processes.run([sys.executable, "-c", script, archive], 240).stdout.strip(), "True")

    def test_what_does_not_fit_is_said_before_the_job_is_queued(self):
        for change, field in (
                (dict(goals=["y"], epochs=0), "epochs"), (dict(batch_size=0), "batch_size"),
                (dict(freeze=["fc9.*"]), "freeze[0]"), (dict(clip_norm=-1.0), "clip_norm"),
                (dict(validation_fraction=1.0), "validation_fraction"),
                (dict(optimizer=train_pb2.OptimizerSpec(kind="SGD", nesterov=True)), "optimizer.nesterov"),
                (dict(learning_rate=train_pb2.LearningRateSpec(rate=0)), "learning_rate.rate"),
                (dict(schedule=train_pb2.GoalSchedule(period_epochs=0)), "schedule.period_epochs"),
                (dict(schedule=train_pb2.GoalSchedule(vary={"a": "Z(1)"}, period_epochs=1)), "schedule.vary"),
                (dict(masks=[train_pb2.GradientMask(parameter="fc1.weight", trained=b"x")]), "masks[0].trained"),
                (dict(masks=[train_pb2.GradientMask(parameter="fc1.wait", trained=b"x")]), "masks[0].parameter"),
                (dict(task=train_pb2.TaskSpec(pairing="CONCATENATED"), goals=["y1"]), "task.pairing")):
            with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID,
                                     "job.spec.train." + field):
                self.create(self.spec(self.classifier, self.data, **change))
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "job.spec.train.data"):
            self.create(self.spec(self.adder, self.data))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "job.spec.train.data"):
            self.create(self.spec(self.classifier, "datasets/nope"))
        _, messages = self.modlab("train", self.classifier, "--data", self.data, "--freeze", "fc1.wait", code=6)
        self.assertIn("fc1.weight", messages)
        _, messages = self.modlab("train", self.classifier, "--data", self.data, "--vary", "a", code=2)
        self.assertIn("NAME~U(LEAST,MOST)", messages)

    def test_goals_that_make_no_sense_fail_with_their_place(self):
        for goals in (["y", "y + why"], ["y", "torch.save(y, 'x')"], ["y", "(y"], ["y", "y1"]):
            schedule = train_pb2.GoalSchedule(period_epochs=1)
            with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.GOAL_INVALID, "job.spec.train.goals[1]"):
                self.create(self.spec(self.classifier, self.data, goals=goals, schedule=schedule))
        loss = train_pb2.LossSpec(kind="EXPRESSION", expression="torch.mean(output - y)")
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.GOAL_INVALID,
                                 "job.spec.train.loss.expression"):
            self.create(self.spec(self.classifier, self.data, loss=loss))
        _, messages = self.modlab("train", self.classifier, "--data", self.data, "--goal", "y + why", code=6)
        self.assertIn("y + why\n      ^", messages)
        job = self.failed(self.spec(self.classifier, self.data, goals=["y + y.sin(3)"]), error_pb2.GOAL_INVALID)
        self.assertIn("^", job.error.message)
        self.failed(self.spec(self.classifier, self.data, goals=["y +"]), error_pb2.GOAL_INVALID)
        job = self.failed(self.spec(self.classifier, self.data, goals=["y * 1.5"]), error_pb2.SHAPES_MISMATCH)
        self.assertIn("[64, 10]", job.error.message)
        cross_entropy = train_pb2.LossSpec(kind="CROSS_ENTROPY")
        self.failed(self.spec(self.classifier, self.data, goals=["y + 5"], loss=cross_entropy), error_pb2.DATA_INVALID)


class Interrupted(TrainTest, FreshDaemonTest):
    """Killed at random moments, a training ends with the very tensors of one that was not."""

    def worker(self):
        found = [pid for pid in processes.running("modlab-worker") if processes.holds_open(pid, "events.log")]
        return found[0] if found else None

    def lengthy(self, model, data):
        spec = self.spec(model, data, epochs=EPOCHS, goals=["a*y1 + y2"])
        spec.train.task.pairing = train_pb2.TaskSpec.CONCATENATED
        spec.train.schedule.vary["a"] = "N(1,1)"
        spec.train.schedule.period_steps = 37
        spec.train.checkpoint.every.FromMilliseconds(50)
        spec.train.modularity.every_epochs = 7
        spec.train.pruning.sparsity = 0.5
        return spec

    def test_killed_workers_and_daemons_change_nothing(self):
        self.kill_at_random(self.new_model(128, 64, 32, 1, dropout=0.2), self.lengthy)

    def test_nor_do_they_where_eigenvectors_are_followed(self):
        def spec(model, data):
            lengthy = self.lengthy(model, data)
            lengthy.train.ClearField("pruning")
            lengthy.train.regularizer.strength = 0.1
            lengthy.train.regularizer.every_steps = 3
            lengthy.train.regularizer.rescale_units = True
            return lengthy

        self.kill_at_random(self.new_model(128, 64, 32, 1), spec)

    def kill_at_random(self, model, spec):
        data = self.make_dataset({name: test_datasets.npy(array[:1600]) for name, array in
                                  (("x", test_datasets.idx_images()), ("y", test_datasets.idx_labels()))}).name
        undisturbed = self.train(spec(model, data))
        digest = self.sha256_of_trained(undisturbed)
        moments = random.Random(4)
        for victims in ({"worker"}, {"daemon"}, {"daemon", "worker"}) * ROUNDS:
            job = self.create(spec(model, data))
            # Twice in one job: the second attempt goes on from the first one's checkpoint.
            for epoch in (moments.randint(1, EPOCHS // 3), moments.randint(EPOCHS // 2, EPOCHS * 4 // 5)):
                self.wait_for_epoch(job.name, epoch)
                time.sleep(moments.uniform(0, 0.02))
                worker = self.worker()
                if "daemon" in victims:
                    self.daemon.kill()
                if "worker" in victims:
                    processes.kill(worker)
                if "daemon" in victims:
                    self.start_daemon()
            ended = self.finish(job.name)
            self.assertEqual(ended.state, Job.SUCCEEDED, ended.error)
            self.assertEqual(len(ended.attempts), 3 if "worker" in victims else 1, "a daemon takes over who still works")
            self.assertEqual(self.sha256_of_trained(ended), digest)
            self.assertEqual(ended.result.train.series, undisturbed.result.train.series)

    def wait_for_epoch(self, job, epoch):
        for update in self.watch(job):
            if update.event.metric.name == "loss" and update.event.metric.step >= epoch:
                return
        raise AssertionError(f"{job} ended before epoch {epoch}")


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--long"])
