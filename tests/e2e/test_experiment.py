"""Experiments through the real programs: sets of jobs that run by themselves, come to the same end whatever is killed
meanwhile, and are compared.

Usage: test_experiment.py [--long]: ten experiments that are killed, instead of two.
"""

import csv
import io
import itertools
import json
import random
import statistics
import sys
import time
import unittest

import grpc
from google.protobuf import json_format
from modlab.v1 import comparison_pb2, error_pb2, experiment_pb2, job_pb2, model_pb2

import processes
from harness import EndToEndTest, FreshDaemonTest, wait_until
from test_train import TrainTest

Job = job_pb2.Job
Experiment = experiment_pb2.Experiment
INVALID = grpc.StatusCode.INVALID_ARGUMENT

KILLS = 10 if "--long" in sys.argv else 2


def permutation_test(first, second):
    """p by going through all divisions of the values, and the difference of the means."""
    def difference(chosen):
        rest = [value for i, value in enumerate(values) if i not in chosen]
        return statistics.fmean(values[i] for i in chosen) - statistics.fmean(rest)

    values = first + second
    observed = difference(range(len(first)))
    divisions = list(itertools.combinations(range(len(values)), len(first)))
    extreme = sum(abs(difference(chosen)) >= abs(observed) - 1e-12 for chosen in divisions)
    return extreme / len(divisions), observed


class ExperimentTest(TrainTest):
    """What the classes below have in common."""

    def small(self, seeds=(1, 2), epochs=3, nulls=9):
        """Networks of two widths, trained and scored, with each seed."""
        return {
            "axes": [{"name": "seed", "field": "seed", "values": list(seeds), "repeats": True},
                     {"name": "width", "field": "build.layers[0].linear.outputs", "values": [8, 12], "steps": ["net"]}],
            "steps": [
                {"name": "net", "job": {"build": {"inputShape": [64], "layers": [
                    {"linear": {"outputs": 8}}, {"linear": {"outputs": 10}}]}}},
                {"name": "trained", "title": "a classifier",
                 "job": {"train": {"model": "steps/net", "data": self.data, "epochs": epochs}}},
                {"name": "score", "title": "a classifier", "job": {"score": {
                    "model": "steps/trained", "partitions": [{"leiden": {"restarts": 3}}], "stabilityRuns": 0,
                    "nulls": {"samples": nulls}}}},
            ]}

    def create_experiment(self, spec, display_name="small", **fields):
        return self.experiments.CreateExperiment(experiment_pb2.CreateExperimentRequest(
            experiment=Experiment(display_name=display_name,
                                  spec=json_format.ParseDict(spec, experiment_pb2.ExperimentSpec())), **fields))

    def get_experiment(self, name):
        return self.experiments.GetExperiment(experiment_pb2.GetExperimentRequest(name=name))

    def finish_experiment(self, name):
        def ended():
            experiment = self.get_experiment(name)
            return experiment if experiment.state != Experiment.RUNNING else None
        return wait_until(ended, f"{name} has ended")

    def compare(self, **fields):
        return self.jobs.CompareScores(comparison_pb2.CompareScoresRequest(**fields))

    @staticmethod
    def told(comparison):
        """All that must not depend on ids."""
        return [(group.name, [(measure.measure, list(measure.values)) for measure in group.measures])
                for group in comparison.groups]


class Running(ExperimentTest, EndToEndTest):
    daemon_options = ("--workers", 3)  # of which two are busy for long in one of the tests

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = cls().digits()

    def runTest(self):
        pass

    def test_steps_run_for_every_combination_of_what_varies(self):
        experiment = self.create_experiment(self.small())
        self.assertEqual(len(experiment.jobs), 12)
        self.assertEqual({json.dumps(dict(sorted(job.values.items()))) for job in experiment.jobs if job.step == "score"},
                         {json.dumps({"seed": str(seed), "width": str(width)}) for seed in (1, 2) for width in (8, 12)})
        again = self.create_experiment(self.small())
        self.assertEqual(again.name, experiment.name, "the same name and spec")
        ended = self.finish_experiment(experiment.name)
        self.assertEqual(ended.state, Experiment.SUCCEEDED)
        self.assertEqual([(count.state, count.jobs) for count in ended.counts], [(Job.SUCCEEDED, 12)])

        models = set()
        for job in ended.jobs:
            stored = self.get(job.job)
            self.assertEqual(stored.labels["experiment"], experiment.name.split("/")[1])
            self.assertEqual(stored.labels["step"], job.step)
            self.assertEqual(stored.spec.seed, int(job.values["seed"]))
            if job.step == "trained":
                layers = {tensor.name: list(tensor.shape) for tensor in
                          self.models.GetModel(model_pb2.GetModelRequest(name=stored.spec.train.model))
                          .inspection.tensors}
                self.assertEqual(layers["fc1.weight"], [int(job.values["width"]), 64])
            if job.step == "score":
                models.add(stored.spec.score.model)
        self.assertEqual(len(models), 4)

        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "group_by[1]"):
            self.compare(experiment=experiment.name, group_by=["step", "widht"])
        comparison = self.compare(experiment=experiment.name)
        self.assertEqual([group.name for group in comparison.groups], ["score, width = 8", "score, width = 12"])
        self.assertEqual([list(group.rows) for group in comparison.groups], [[0, 2], [1, 3]])
        for group in comparison.groups:
            self.assertEqual(group.title, "a classifier")
            modularity = next(measure for measure in group.measures if measure.measure == "Leiden: Q")
            expected = [self.get(comparison.rows[row].job).result.score.partitions[0].modularity.newman
                        for row in group.rows]
            self.assertEqual(list(modularity.values), expected)
            self.assertAlmostEqual(modularity.mean, statistics.mean(expected))
            self.assertAlmostEqual(modularity.sd, statistics.stdev(expected))
            half = 12.706204736432095 * modularity.sd / 2 ** 0.5  # Student's t of one degree of freedom
            self.assertAlmostEqual(modularity.least, modularity.mean - half)
            self.assertAlmostEqual(modularity.most, modularity.mean + half)
            accuracy = next(measure for measure in group.measures if measure.measure == "accuracy")
            self.assertTrue(all(0 < value <= 1 for value in accuracy.values))
        self.assertTrue(comparison.differences)
        for difference in comparison.differences:
            first, second = (list(next(measure for measure in comparison.groups[group].measures
                                       if measure.measure == difference.measure).values)
                             for group in (difference.first, difference.second))
            p, observed = permutation_test(first, second)
            self.assertAlmostEqual(difference.difference, observed)
            self.assertAlmostEqual(difference.p, p)
            self.assertAlmostEqual(difference.least_p, 1 / 3)
            self.assertGreaterEqual(difference.p_adjusted, difference.p)

    def test_what_makes_no_sense_is_refused_with_its_field(self):
        def refused(field, change, reason=error_pb2.FIELD_INVALID, status=INVALID, display_name="other"):
            spec = self.small()
            change(spec)
            with self.assert_refused(status, reason, "experiment." + field):
                self.create_experiment(spec, display_name)

        def set_at(*path):
            *places, last, value = path

            def change(spec):
                for place in places:
                    spec = spec[place]
                spec[last] = value
            return change

        refused("spec.steps", set_at("steps", []), error_pb2.FIELD_MISSING)
        refused("spec.steps[1].name", set_at("steps", 1, "name", "net"))
        refused("spec.steps[0].name", set_at("steps", 0, "name", "no name"))
        refused("spec.steps[1].job.train.model", set_at("steps", 1, "job", "train", "model", "steps/nett"))
        refused("spec.steps[2].job.score.model", set_at("steps", 2, "job", "score", "model", "steps/score"))
        refused("spec.steps", set_at("steps", 1, "job", "train", "model", "steps/trained"))
        refused("spec.steps[1].job.train.goals[0]", set_at("steps", 1, "job", "train", "goals", ["y + z"]),
                error_pb2.GOAL_INVALID)
        refused("spec.steps[1].job.train.data", set_at("steps", 1, "job", "train", "data", "datasets/" + "a" * 12),
                error_pb2.RESOURCE_NOT_FOUND, grpc.StatusCode.NOT_FOUND)
        refused("spec.axes[0].name", set_at("axes", 0, "name", "step"))
        refused("spec.axes[0].values", set_at("axes", 0, "values", []))
        refused("spec.axes[0].field", set_at("axes", 0, "field", "graph.top"))
        refused("spec.axes[0].field", set_at("axes", 0, "field", "train..epochs"))
        refused("spec.axes[1].field", set_at("axes", 1, "field", "build.layers[7].linear.outputs"))
        refused("spec.axes[1].values[0]", set_at("axes", 1, "values", ["many"]))
        refused("spec.axes[1].values[1]", set_at("axes", 1, "values", [8, 8]))
        refused("spec.axes[1].field", set_at("axes", 1, "field", "build.laiers"))
        refused("spec.axes", set_at("axes", 0, "values", list(range(1000))))
        refused("display_name", lambda spec: None, error_pb2.FIELD_MISSING, display_name="")
        self.assertEqual([], [e for e in self.experiments.ListExperiments(
            experiment_pb2.ListExperimentsRequest(display_name="other")).experiments], "all or nothing")

    def test_another_spec_of_the_same_name_is_refused_and_checking_creates_nothing(self):
        checked = self.create_experiment(self.small(seeds=[7]), "checked", validate_only=True)
        self.assertEqual((checked.name, len(checked.jobs)), ("", 6))
        self.assertFalse(self.experiments.ListExperiments(
            experiment_pb2.ListExperimentsRequest(display_name="checked")).experiments)
        first = self.create_experiment(self.small(seeds=[7]), "one")
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "experiment.display_name"):
            self.create_experiment(self.small(seeds=[8]), "one")
        self.finish_experiment(first.name)

    def test_what_failed_or_was_cancelled_is_started_again_and_nothing_else(self):
        spec = self.small(seeds=[3], epochs=100_000)
        spec["axes"].append({"name": "long", "field": "train.epochs", "values": [2, 100_000], "steps": ["trained"]})
        experiment = self.create_experiment(spec, "resumed")
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.RESOURCE_IN_USE, "name"):
            self.experiments.DeleteExperiment(experiment_pb2.DeleteExperimentRequest(name=experiment.name))
        wait_until(lambda: sum(job.state == Job.SUCCEEDED and job.step == "score"
                               for job in self.get_experiment(experiment.name).jobs) == 2, "the short ones are done")
        self.experiments.CancelExperiment(experiment_pb2.CancelExperimentRequest(name=experiment.name, force=True))
        cancelled = self.finish_experiment(experiment.name)
        self.assertEqual(cancelled.state, Experiment.CANCELLED)
        states = {(job.step, job.values.get("long", "")): job.state for job in cancelled.jobs}
        self.assertEqual(states[("score", "100000")], Job.CANCELLED, "it waited")
        resumed = self.experiments.ResumeExperiment(experiment_pb2.ResumeExperimentRequest(name=experiment.name))
        before = {(job.step, *sorted(job.values.items())): job for job in cancelled.jobs}
        for job in resumed.jobs:
            earlier = before[(job.step, *sorted(job.values.items()))]
            self.assertEqual(job.job == earlier.job, earlier.state == Job.SUCCEEDED)
        self.experiments.CancelExperiment(experiment_pb2.CancelExperimentRequest(name=experiment.name, force=True))
        self.finish_experiment(experiment.name)
        self.experiments.DeleteExperiment(experiment_pb2.DeleteExperimentRequest(name=experiment.name))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "name"):
            self.get_experiment(experiment.name)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "name"):
            self.get(resumed.jobs[0].job)

    def test_a_training_that_was_cancelled_has_not_done_what_it_was_to_do(self):
        experiment = self.create_experiment(self.small(seeds=[5], epochs=100_000), "halved")
        trainings = lambda of: [job for job in of.jobs if job.step == "trained"]
        wait_until(lambda: all(job.progress.phase == "train" for job in trainings(self.get_experiment(experiment.name))),
                   "both are trained")
        self.experiments.CancelExperiment(experiment_pb2.CancelExperimentRequest(name=experiment.name))
        cancelled = self.finish_experiment(experiment.name)
        self.assertEqual(cancelled.state, Experiment.CANCELLED)
        halves = {job.job for job in trainings(cancelled)}
        for job in halves:
            self.assertEqual(self.get(job).result.train.stopped_by, "cancelled", "with the model so far")
        resumed = self.experiments.ResumeExperiment(experiment_pb2.ResumeExperimentRequest(name=experiment.name))
        self.assertEqual([job.job for job in resumed.jobs if job.step == "net"],
                         [job.job for job in cancelled.jobs if job.step == "net"])
        self.assertFalse(halves & {job.job for job in resumed.jobs})
        self.experiments.CancelExperiment(experiment_pb2.CancelExperimentRequest(name=experiment.name, force=True))
        self.finish_experiment(experiment.name)
        self.experiments.DeleteExperiment(experiment_pb2.DeleteExperimentRequest(name=experiment.name))
        for job in halves:
            with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "name"):
                self.get(job)

    def test_performance_is_that_of_the_training_in_the_experiment(self):
        spec = self.small(seeds=[21])
        first = self.create_experiment(spec, "once")
        self.finish_experiment(first.name)
        spec["steps"][1]["job"]["train"]["evaluationData"] = self.data  # which changes nothing of what is learned
        second = self.create_experiment(spec, "evaluated")
        self.finish_experiment(second.name)
        models = lambda of: [row.model for row in self.compare(experiment=of.name).rows]
        self.assertEqual(models(first), models(second), "the same bits")
        self.experiments.DeleteExperiment(experiment_pb2.DeleteExperimentRequest(name=first.name))
        rows = self.compare(experiment=second.name).rows
        self.assertTrue(all(row.performance["accuracy"] > 0 for row in rows))
        alone = self.compare(jobs=[row.job for row in rows])
        self.assertEqual([row.performance for row in alone.rows], [row.performance for row in rows])

    def test_a_failure_is_told_where_it_happened(self):
        spec = self.small(seeds=[4])
        spec["steps"][1]["job"]["train"]["learningRate"] = {"rate": 1e38}
        experiment = self.create_experiment(spec, "failing")
        ended = self.finish_experiment(experiment.name)
        self.assertEqual(ended.state, Experiment.FAILED)
        reasons = {job.step: job.error.reason for job in ended.jobs if job.state == Job.FAILED}
        self.assertEqual(reasons, {"trained": error_pb2.LOSS_NOT_FINITE, "score": error_pb2.INPUT_FAILED})
        _, err = self.modlab("experiment", "watch", "failing", code=1)
        self.assertIn("trained, seed 4", err)
        self.assertIn("experiment resume", err)
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.RESULT_MISSING, "experiment"):
            self.compare(experiment=experiment.name)

    def test_from_the_shell(self):
        path = self.home.path / "mine.json"
        path.write_text(json.dumps(self.small(seeds=[11, 12])))
        out, err = self.modlab("experiment", "run", path)
        self.assertIn("Leiden", out)
        self.assertIn("a classifier, width = 8", out)
        self.assertIn("12 jobs", err)
        listed, _ = self.modlab("experiment", "list")
        self.assertIn("mine", listed)
        shown, _ = self.modlab("experiment", "show", "mine")
        self.assertIn("4 succeeded", shown)
        spec, _ = self.modlab("experiment", "show", "mine", "--spec")
        self.assertEqual(json.loads(spec), json.loads(path.read_text()))
        again, _ = self.modlab("experiment", "run", path, "-q")
        self.assertEqual(again, self.modlab("experiment", "run", path, "-q", "--detach")[0])
        rows = list(csv.DictReader(io.StringIO(self.modlab("compare", "mine", "--csv")[0])))
        self.assertEqual(len(rows), 4)
        self.assertEqual(sorted({row["group"] for row in rows}), ["score, width = 12", "score, width = 8"])
        self.assertEqual(sorted((row["width"], row["seed"], row["step"]) for row in rows),
                         [(width, seed, "score") for width in ("12", "8") for seed in ("11", "12")])
        self.assertTrue(all(row["name"] and row["ncut_p"] for row in rows))
        heading, *lines = self.modlab("compare", "mine", "-o", "wide")[0].splitlines()
        for column in ("seed", "step", "width", "accuracy", "Leiden", "null Q", "n-cut"):
            self.assertIn(column, heading)
        for row, line in zip(rows, lines):
            self.assertIn(row["job"].removeprefix("jobs/"), line)
            self.assertIn(f"{float(row['accuracy']):.4f}", line)
        comparison = self.modlab_json("compare", "mine", "--confidence", "0.5")
        self.assertEqual(comparison["confidence"], 0.5)
        jobs = [row["job"] for row in rows]
        grouped = self.modlab_json("compare", *jobs, "--group-by", "width")
        self.assertEqual([len(group["rows"]) for group in grouped["groups"]], [2, 2])
        alone = self.modlab_json("compare", *jobs)
        self.assertEqual(len(alone["groups"]), 4)
        for arguments, code, said in ((("run", "nowhere.json"), 2, "nowhere.json"), (("show", "nothing"), 3, "nothing"),
                                      (("run", "baseline", "--size", "seed"), 2, "--mnist"),
                                      (("run", path, "--seeds", "4"), 2, "baseline"),
                                      (("run", "baseline", "--seeds", "0"), 2, "seeds")):
            _, err = self.modlab("experiment", *arguments, code=code)
            self.assertIn(said, err)
        path.write_text('{"steps": [{"nam": "a"}]}')
        _, err = self.modlab("experiment", "run", path, "--name", "typo", code=2)
        self.assertIn("nam", err)
        _, err = self.modlab("compare", jobs[0], jobs[0], code=6)
        self.assertIn("named twice", err)
        self.modlab("experiment", "delete", "mine")


class Interrupted(ExperimentTest, FreshDaemonTest):
    def test_whatever_is_killed_the_same_comes_out(self):
        """The client, workers, and the daemon are killed at random moments; the experiment is run again each time."""
        self.data = self.digits()
        spec = self.small(seeds=[1, 2], epochs=20)
        reference = self.create_experiment(spec, "undisturbed")
        start = time.monotonic()
        self.finish_experiment(reference.name)
        took = time.monotonic() - start
        expected = self.told(self.compare(experiment=reference.name))
        path = self.home.path / "spec.json"
        path.write_text(json.dumps(spec))
        moments = random.Random(7)
        for number in range(KILLS):
            for model in self.models.ListModels(model_pb2.ListModelsRequest(page_size=1000)).models:
                try:  # so that nothing can be taken from before
                    self.models.DeleteModel(model_pb2.DeleteModelRequest(name=model.name))
                except grpc.RpcError:
                    pass
            name = f"killed-{number}"
            client = self.start_modlab("experiment", "run", path, "--name", name)
            # A job whose process is lost three times is given up.
            for victims in (["worker", "all"], ["worker", "all", "client", "daemon"], ["client", "daemon"]):
                time.sleep(moments.uniform(0.1, 0.6) * took)
                victim = moments.choice(victims)
                if victim in ("client", "all"):
                    client.kill()
                    client.wait()
                if victim in ("worker", "all"):
                    for pid in processes.running("modlab-worker"):
                        processes.kill(pid)
                if victim in ("daemon", "all"):
                    self.daemon.kill()
                    self.start_daemon()
                if client.poll() is not None:
                    client = self.start_modlab("experiment", "run", path, "--name", name)
            out, err = client.communicate()
            self.assertEqual(client.returncode, 0, err)
            found = self.experiments.ListExperiments(experiment_pb2.ListExperimentsRequest(display_name=name))
            self.assertEqual(len(found.experiments), 1, "nothing was done twice")
            experiment = self.get_experiment(found.experiments[0].name)
            self.assertEqual(len(experiment.jobs), 12)
            self.assertEqual(self.told(self.compare(experiment=experiment.name)), expected)


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--long"])
