"""Training beside PyTorch: the same model, data, order and settings give the same losses, step for step.

A batch is the whole data set, so that an epoch is a step and the series has the loss of every one.
"""

import io
import unittest

import numpy
import torch
from modlab.v1 import train_pb2

from harness import EndToEndTest
from test_datasets import npy
from test_train import TrainTest

STEPS = 50
SAMPLES = 96
FEATURES = 12
Optimizer = train_pb2.OptimizerSpec
Rate = train_pb2.LearningRateSpec


class Oracle(TrainTest, EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        random = numpy.random.default_rng(1)
        cls.x = random.standard_normal((SAMPLES, FEATURES)).astype(numpy.float32)
        cls.y = random.integers(0, 3, SAMPLES)
        cls.target = random.standard_normal(SAMPLES).astype(numpy.float32)
        cls.bit = random.integers(0, 2, SAMPLES)
        cls.data = test.make_dataset({"x": npy(cls.x), "y": npy(cls.y), "target": npy(cls.target),
                                      "bit": npy(cls.bit)}).name
        cls.classifier = test.new_model(FEATURES, 16, 3)
        cls.regressor = test.new_model(FEATURES, 16, 1, activation=3)

    def runTest(self):
        pass

    def ours(self, model, goal, **fields):
        spec = self.spec(model, self.data, goals=[goal], epochs=STEPS, batch_size=SAMPLES, **fields)
        spec.train.shuffle = False
        return self.train(spec).result.train

    def theirs(self, model, target, loss, make_optimizer, make_scheduler=None, clip=None):
        module = torch.jit.load(io.BytesIO(self.content(model)))
        module.train()
        optimizer = make_optimizer(module.parameters())
        scheduler = make_scheduler(optimizer) if make_scheduler else None
        losses, rates = [], []
        for _ in range(STEPS):
            optimizer.zero_grad()
            value = loss(module(torch.from_numpy(self.x)), target)
            value.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(module.parameters(), clip)
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if scheduler:
                scheduler.step()
            losses.append(value.item())
        return losses, rates

    def assert_same(self, train, theirs):
        losses, rates = theirs
        numpy.testing.assert_allclose([record.loss for record in train.series[1:]], losses, rtol=1e-5, atol=1e-6)
        numpy.testing.assert_allclose([record.learning_rate for record in train.series[1:]], rates, rtol=1e-9)
        self.assertLess(losses[-1], losses[0], "it has learned something, so that there was something to compare")

    def test_optimizers(self):
        cross_entropy = torch.nn.functional.cross_entropy
        cases = [
            (Optimizer(kind="SGD"), 0.05, lambda p: torch.optim.SGD(p, 0.05)),
            (Optimizer(kind="SGD", momentum=0.9), 0.05, lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
            (Optimizer(kind="SGD", momentum=0.9, nesterov=True, weight_decay=0.01), 0.05,
             lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
            (Optimizer(kind="ADAM"), 0.01, lambda p: torch.optim.Adam(p, 0.01)),
            (Optimizer(kind="ADAM", beta1=0.8, beta2=0.99, weight_decay=0.02), 0.01,
             lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.99), weight_decay=0.02)),
            (Optimizer(kind="ADAMW"), 0.01, lambda p: torch.optim.AdamW(p, 0.01)),
            (Optimizer(kind="RMSPROP"), 0.002, lambda p: torch.optim.RMSprop(p, 0.002)),
            (Optimizer(kind="RMSPROP", momentum=0.5, centered=True), 0.002,
             lambda p: torch.optim.RMSprop(p, 0.002, momentum=0.5, centered=True)),
        ]
        for optimizer, rate, make in cases:
            with self.subTest(str(optimizer)):
                train = self.ours(self.classifier, "y", optimizer=optimizer, learning_rate=Rate(rate=rate))
                self.assert_same(train, self.theirs(self.classifier, torch.from_numpy(self.y), cross_entropy, make))

    def test_learning_rate_schedules(self):
        schedules = torch.optim.lr_scheduler
        cases = [
            (Rate(rate=0.05, schedule="STEP", step_epochs=10, gamma=0.5),
             lambda o: schedules.StepLR(o, 10, gamma=0.5)),
            (Rate(rate=0.05, schedule="COSINE", minimum=0.001),
             lambda o: schedules.CosineAnnealingLR(o, STEPS, eta_min=0.001)),
            (Rate(rate=0.05, schedule="ONE_CYCLE"),
             lambda o: schedules.OneCycleLR(o, 0.05, total_steps=STEPS, cycle_momentum=False)),
            (Rate(rate=0.05, warmup_steps=10), lambda o: schedules.LinearLR(o, 0.1, total_iters=9)),
        ]
        for rate, make in cases:
            with self.subTest(str(rate)):
                train = self.ours(self.classifier, "y", optimizer=Optimizer(kind="SGD"), learning_rate=rate)
                theirs = self.theirs(self.classifier, torch.from_numpy(self.y), torch.nn.functional.cross_entropy,
                                     lambda p: torch.optim.SGD(p, 0.05), make)
                self.assert_same(train, theirs)

    def test_losses(self):
        functional = torch.nn.functional
        loss = train_pb2.LossSpec
        target = torch.from_numpy(self.target)
        column = target.reshape(-1, 1)
        bits = torch.from_numpy(self.bit).float().reshape(-1, 1)
        cases = [
            (loss(kind="MSE"), self.regressor, "target", column, functional.mse_loss),
            (loss(kind="MAE"), self.regressor, "target", column, functional.l1_loss),
            (loss(kind="HUBER", delta=0.5), self.regressor, "target", column,
             lambda output, wanted: functional.huber_loss(output, wanted, delta=0.5)),
            (loss(kind="BCE_WITH_LOGITS"), self.regressor, "bit", bits, functional.binary_cross_entropy_with_logits),
            (loss(kind="CROSS_ENTROPY"), self.classifier, "y", torch.from_numpy(self.y), functional.cross_entropy),
            (loss(kind="EXPRESSION", expression="((output - target) ** 4).mean()"), self.regressor, "target", column,
             lambda output, wanted: ((output - wanted) ** 4).mean()),
        ]
        for spec, model, goal, wanted, function in cases:
            with self.subTest(str(spec)):
                train = self.ours(model, goal, loss=spec, learning_rate=Rate(rate=0.01))
                self.assert_same(train, self.theirs(model, wanted, function, lambda p: torch.optim.Adam(p, 0.01)))

    def test_clipping(self):
        train = self.ours(self.regressor, "100 * target", clip_norm=1.0, optimizer=Optimizer(kind="SGD"),
                          learning_rate=Rate(rate=0.5))
        wanted = 100 * torch.from_numpy(self.target).reshape(-1, 1)
        self.assert_same(train, self.theirs(self.regressor, wanted, torch.nn.functional.mse_loss,
                                            lambda p: torch.optim.SGD(p, 0.5), clip=1.0))

    def test_metrics(self):
        train = self.ours(self.classifier, "y", metrics=["ACCURACY"], learning_rate=Rate(rate=0.01))
        module = torch.jit.load(io.BytesIO(self.content(train.model)))
        with torch.no_grad():
            outputs = module(torch.from_numpy(self.x))
        accuracy = (outputs.argmax(1).numpy() == self.y).mean()
        self.assertAlmostEqual(train.evaluations[0].metrics[0], accuracy, places=9)
        train = self.ours(self.regressor, "target", metrics=["R_SQUARED", "ROUNDED_ACCURACY"])
        module = torch.jit.load(io.BytesIO(self.content(train.model)))
        with torch.no_grad():
            outputs = module(torch.from_numpy(self.x)).numpy().ravel()
        residual = ((outputs - self.target) ** 2).sum() / ((self.target - self.target.mean()) ** 2).sum()
        self.assertAlmostEqual(train.evaluations[0].metrics[0], 1 - residual, places=5)
        self.assertAlmostEqual(train.evaluations[0].metrics[1], (outputs.round() == self.target).mean(), places=9)
        self.assertAlmostEqual(train.evaluations[0].normalized_loss, residual, places=5)


if __name__ == "__main__":
    unittest.main()
