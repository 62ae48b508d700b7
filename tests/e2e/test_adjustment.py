"""p-values of several jobs, adjusted together, through the real programs."""

import unittest

import numpy

import stacked_network
from harness import DIGITS, EndToEndTest


def benjamini_hochberg(p):
    """min over j of at least that rank of p_(j) n / j."""
    p = numpy.asarray(p)
    order = numpy.argsort(p)
    scaled = p[order] * len(p) / numpy.arange(1, len(p) + 1)
    adjusted = numpy.empty(len(p))
    adjusted[order] = numpy.minimum.accumulate(scaled[::-1])[::-1]
    return adjusted


class Adjustment(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        network = cls.home.path / "stacked.pt"
        stacked_network.make(network)
        options = ("--stability", 0, "--nulls", 39, "-k", 2)
        cls.scored = [test.modlab_json("score", DIGITS, *options, "--seed", 1),
                      test.modlab_json("score", network, *options),
                      test.modlab_json("score", DIGITS, *options, "--method", "spectral", "--null-model", "random-init")]
        cls.ids = [job["name"].partition("/")[2] for job in cls.scored]

    def null_tests(self, jobs):
        return [partition["significance"][name] for job in jobs for partition in job["result"]["score"]["partitions"]
                for name in ("modularity", "ncut")]

    def test_all_tests_of_all_jobs_are_one_family(self):
        adjusted = self.modlab_json("significance", *self.ids)
        p = [test["p"] for test in self.null_tests(self.scored)]
        self.assertEqual(adjusted["tests"], len(p))
        found = [partition[name] for partition in adjusted["partitions"] for name in ("modularityTest", "ncutTest")]
        self.assertEqual([test["p"] for test in found], p)
        numpy.testing.assert_allclose([test["pAdjusted"] for test in found], benjamini_hochberg(p), rtol=1e-12)
        self.assertGreater(len(set(p)), 2)
        first = adjusted["partitions"][0]
        self.assertEqual((first["job"], first["index"], first["method"]), (self.scored[0]["name"], 0, "SPECTRAL"))
        partition = self.scored[0]["result"]["score"]["partitions"][0]
        self.assertEqual((first["modularity"], first["ncut"]), (partition["modularity"]["newman"], partition["ncut"]))
        self.assertEqual(first["modularityTest"]["values"], [])

    def test_of_one_job_it_is_what_its_result_says(self):
        (partition, _) = self.modlab_json("significance", self.ids[0])["partitions"]
        self.assertEqual(partition["modularityTest"]["pAdjusted"], self.null_tests(self.scored)[0]["pAdjusted"])

    def test_the_table(self):
        out, err = self.modlab("significance", *self.ids)
        self.assertEqual(err, "")
        for word in ("digits-mlp.pt", "stacked.pt", "leiden", "n-cut", "adjusted", "tests of 3 jobs"):
            self.assertIn(word, out)
        quiet, _ = self.modlab("significance", *self.ids, "-q")
        p = [test["p"] for test in self.null_tests(self.scored)]
        numpy.testing.assert_allclose([float(line) for line in quiet.splitlines()], benjamini_hochberg(p), rtol=1e-12)

    def test_what_has_no_p_values(self):
        without = self.modlab_json("score", DIGITS, "-k", 2, "--nulls", 0, "--stability", 0)["name"]
        for jobs, code, word in (([self.ids[0], without], 6, "null models"), ([self.ids[0]] * 2, 6, "named twice"),
                                 (["nosuchid"], 3, "nosuchid"), ([], 2, "JOB_ID")):
            _, err = self.modlab("significance", *jobs, code=code)
            self.assertIn(word, err)


if __name__ == "__main__":
    unittest.main()
