"""`modlab agreement` and the RPC behind it, beside scikit-learn."""

import json
import unittest

import grpc
import numpy
from modlab.v1 import error_pb2, job_pb2, score_pb2
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

from harness import DIGITS, FIXTURES, EndToEndTest, endless_spec, score_spec


def entropy(labels):
    shares = numpy.unique(labels, return_counts=True)[1] / len(labels)
    return -(shares * numpy.log(shares)).sum()


class Compare(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        random = numpy.random.default_rng(4)
        cls.planted = random.integers(0, 5, 106)
        cls.planted[[3, 70, 105]] = -1
        cls.file = cls.home.path / "labels.txt"
        cls.file.write_text("# of digits\n" + "\n".join(map(str, cls.planted)) + "\n")
        options = ("--nulls", 0, "--restarts", 5, "--leiden-restarts", 2, "--planted", cls.file, "--seed", 3)
        cls.score = test.modlab_json("score", DIGITS, "-k", 8, *options)
        cls.other = test.modlab_json("score", DIGITS, "-k", 5, *options[:-1], 4)
        cls.a, cls.b = (job["name"].partition("/")[2] for job in (cls.score, cls.other))

    def partition(self, job, index):
        return job["result"]["score"]["partitions"][index]

    def assert_agrees(self, comparison, first, second):
        """The answer is scikit-learn's for these labels, without the units that lack one."""
        first, second = numpy.array(first), numpy.array(second)
        kept = (first >= 0) & (second >= 0)
        labels = first[kept], second[kept]
        agreement = comparison["agreement"]
        self.assertEqual((agreement["units"], comparison["leftOut"]), (kept.sum(), (~kept).sum()))
        self.assertAlmostEqual(agreement["adjustedRandIndex"], metrics.adjusted_rand_score(*labels), places=12)
        self.assertAlmostEqual(
            agreement["normalizedMutualInformation"], metrics.normalized_mutual_info_score(*labels), places=12)
        self.assertAlmostEqual(
            agreement["adjustedMutualInformation"], metrics.adjusted_mutual_info_score(*labels), places=9)
        information = metrics.mutual_info_score(*labels)
        self.assertAlmostEqual(
            agreement["variationOfInformation"], entropy(labels[0]) + entropy(labels[1]) - 2 * information, places=9)
        self.assertEqual(comparison["firstClusters"], numpy.unique(labels[0]).tolist())
        self.assertEqual(comparison["secondClusters"], numpy.unique(labels[1]).tolist())
        self.assertEqual(comparison["contingency"], contingency_matrix(*labels).ravel().tolist())

    def test_two_partitions_of_a_job(self):
        comparison = self.modlab_json("agreement", self.a + ":leiden", self.a + ":spectral")
        self.assert_agrees(comparison, self.partition(self.score, 1)["labels"], self.partition(self.score, 0)["labels"])
        self.assertEqual(comparison["first"], {
            "job": self.score["name"], "index": 1, "method": "LEIDEN", "consensus": False, "labels": []})
        agreement = self.score["result"]["score"]["agreements"][0]
        for name, value in comparison["agreement"].items():
            self.assertAlmostEqual(value, agreement[name], places=12)

    def test_partitions_of_two_jobs(self):
        first, second = self.partition(self.score, 0), self.partition(self.other, 0)
        self.assert_agrees(self.modlab_json("agreement", self.a, self.b), first["labels"], second["labels"])
        self.assert_agrees(self.modlab_json("agreement", "jobs/" + self.a, self.b + ":2"), first["labels"],
                           self.partition(self.other, 2)["labels"])
        self.assert_agrees(self.modlab_json("agreement", self.a + ":0:consensus", self.b + ":leiden:consensus"),
                           first["stability"]["consensusLabels"],
                           self.partition(self.other, 1)["stability"]["consensusLabels"])

    def test_labels_of_the_users(self):
        numpy_file = self.home.path / "labels.npy"
        numpy.save(numpy_file, self.planted)
        leiden = self.partition(self.score, 1)["labels"]
        for file in (self.file, numpy_file):
            self.assert_agrees(self.modlab_json("agreement", self.a + ":leiden", file), leiden, self.planted)
        planted = self.modlab_json("agreement", self.file, self.a + ":planted")
        self.assertEqual(planted["agreement"]["adjustedRandIndex"], 1)
        self.assertEqual((planted["agreement"]["units"], planted["leftOut"]), (103, 3))
        self.assert_agrees(self.modlab_json("agreement", self.file, numpy_file), self.planted, self.planted)

    def test_labels_in_an_artifact(self):
        """Networks of many units have their labels in a file."""
        model = self.push(self.wide_model())
        job = self.finish(self.create(score_spec(model, clusters=2, restarts=1)).name)
        self.assertFalse(job.result.score.partitions[0].labels)
        copy = self.home.path / "copy.npy"
        self.modlab("job", "fetch", job.name, "labels-0.npy", "--to", copy)
        labels = numpy.load(copy)
        mixed = numpy.where(numpy.arange(len(labels)) % 3, labels, 2)
        other = self.home.path / "mixed.npy"
        numpy.save(other, mixed)
        self.assert_agrees(self.modlab_json("agreement", job.name, other), labels, mixed)

    def wide_model(self):
        import torch
        torch.manual_seed(0)
        path = self.home.path / "wide.pt"
        torch.jit.save(torch.jit.script(torch.nn.Linear(50_000, 2, bias=False)), path)
        return path

    def test_the_table(self):
        out, err = self.modlab("agreement", self.a + ":leiden", self.file)
        comparison = self.modlab_json("agreement", self.a + ":leiden", self.file)
        agreement = comparison["agreement"]
        for name, key in (("ARI", "adjustedRandIndex"), ("NMI", "normalizedMutualInformation"),
                          ("AMI", "adjustedMutualInformation"), ("VI", "variationOfInformation")):
            self.assertRegex(out, rf"(?m)^{name} +{agreement[key]:.4f} ".replace("-", "\\-"))
        self.assertRegex(out, rf"(?m)^rows +{self.a}:1 \(leiden, \d+ clusters\)$")
        self.assertRegex(out, r"(?m)^columns +.*labels.txt \(5 clusters\)$")
        self.assertIn("103 units compared; 3 left out", out)
        rows = [line.split() for line in out.splitlines() if line.startswith("  c")]
        table = numpy.array([[int(cell.replace("·", "0")) for cell in row[1:-1]] for row in rows])
        self.assertEqual(table.ravel().tolist(), comparison["contingency"])
        self.assertEqual([int(row[-1]) for row in rows], table.sum(1).tolist())
        self.assertEqual(err, "")
        quiet, _ = self.modlab("agreement", self.a + ":leiden", self.file, "-q")
        self.assertEqual(float(quiet), agreement["adjustedRandIndex"])
        line, _ = self.modlab("agreement", self.a + ":leiden", self.file, "-o", "jsonl")
        self.assertEqual(json.loads(line), comparison)
        self.assertEqual(line.count("\n"), 1)

    def test_a_table_that_is_too_large_for_a_terminal(self):
        alone = self.home.path / "alone.txt"
        alone.write_text(" ".join(map(str, range(106))))
        out, _ = self.modlab("agreement", alone, alone)
        self.assertRegex(out, r"… 66 more rows and \d+ more columns; -o wide and -o json have them all")
        wide, _ = self.modlab("agreement", alone, alone, "-o", "wide")
        self.assertIn(" c105 ", wide)
        self.assertEqual(len(self.modlab_json("agreement", alone, alone)["contingency"]), 106 * 106)

    def test_what_cannot_be_compared(self):
        def refused(first, second, code, *words):
            _, err = self.modlab("agreement", first, second, code=code)
            for word in words:
                self.assertIn(word, err)

        refused("nosuchid", self.a, 3, "there is no jobs/nosuchid", "modlab job list")
        refused(self.a, self.a + ":7", 3, "has no partition 7", "0 spectral (8 clusters, with a consensus)", "1 leiden",
                "2 planted (5 clusters)")
        refused(self.a, self.a + ":planted:consensus", 3, "has no consensus of partition 2")
        refused(self.a, self.a + ":louvain", 2, "'louvain'", "spectral, leiden or planted")
        refused(self.a, "models/abc:1", 2, "models/abc")

        unlike = self.modlab_json("score", FIXTURES / "residual.pt", "-k", 2, "--nulls", 0, "--stability", 0)
        refused(self.a, unlike["name"], 6, "106 units in 3 layers", f"{unlike['result']['score']['graph']['units']} units in",
                "the first layers that differ are input (64 units) and ")
        short = self.home.path / "short.txt"
        short.write_text("0 1 0 1")
        refused(self.a, short, 6, "`second` has 4 labels", "106 units in 3 layers")
        bad = self.home.path / "bad.txt"
        bad.write_text("0\n1\ntwo\n")
        refused(bad, self.a, 2, "bad.txt", "line 3: 'two'")
        bad.write_text("0\n-7\n")
        refused(self.a, bad, 2, "bad.txt", "line 2: -7")
        refused(self.a, self.home.path / "absent.txt", 2, "absent.txt")

        model = self.push(DIGITS)
        refused(self.a, model.inspect_job, 6, "is of kind inspect", "only score jobs have partitions")
        endless = self.create(endless_spec(model)).name
        self.addCleanup(self.cancel, endless)
        refused(endless, self.a, 6, "has no partitions yet", "modlab job wait")
        too_few = score_spec(model)
        too_few.score.partitions.add().planted.labels.extend([0, 1])
        failed = self.finish(self.create(too_few).name)
        refused(failed.name, self.a, 6, "failed and has no partitions", "modlab job show")

    def test_refusals_for_programs(self):
        job = job_pb2.ComparedPartition(job=self.score["name"])

        def compare(first, second):
            self.jobs.ComparePartitions(job_pb2.ComparePartitionsRequest(first=first, second=second))

        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "second.job"):
            compare(job, job_pb2.ComparedPartition(job="jobs/" + "b" * 12))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND, "first.index"):
            compare(job_pb2.ComparedPartition(job=job.job, index=0, method=score_pb2.Partition.LEIDEN), job)
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_MISSING, "first"):
            compare(None, job)
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "second.labels[1]"):
            compare(job, job_pb2.ComparedPartition(labels=[0, -5]))
        cancelled = self.create(endless_spec(self.push(DIGITS))).name
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.RESULT_MISSING, "first.job") as detail:
            compare(job_pb2.ComparedPartition(job=cancelled), job)
        self.assertIn(detail.metadata["state"], ("QUEUED", "RUNNING"))
        self.cancel(cancelled)
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.RESULT_MISSING) as detail:
            compare(job_pb2.ComparedPartition(job=cancelled), job)
        self.assertEqual(detail.metadata["state"], "CANCELLED")
        alone = job_pb2.ComparedPartition(labels=range(2000))
        with self.assert_refused(grpc.StatusCode.RESOURCE_EXHAUSTED, error_pb2.LIMIT_EXCEEDED) as detail:
            compare(alone, alone)
        self.assertEqual(detail.metadata["limit"], "1000000")

    def test_who_only_looks_is_not_in_the_audit_log(self):
        self.modlab("agreement", self.a, self.b)
        self.assertNotIn("ComparePartitions", (self.daemon.data / "audit.log").read_text())


if __name__ == "__main__":
    unittest.main()
