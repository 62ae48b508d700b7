"""Pictures and reports through the real programs: they show what was computed, stand on their own, and can be read by
everybody: a headless Chromium looks at the pages."""

import io
import json
import os
import re
import shutil
import unittest
import xml.etree.ElementTree as ElementTree

import numpy
from modlab.v1 import job_pb2

import node_packages
import processes
from harness import DIGITS, PATIENCE, SOURCE, EndToEndTest
from test_experiment import ExperimentTest

PAGE = SOURCE / "tests" / "e2e" / "page"
CHROMIUM = shutil.which("chromium")
SVG = "{http://www.w3.org/2000/svg}"


class Reports(ExperimentTest, EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        cls.data = test.digits()
        cls.score = json.loads(test.modlab("score", DIGITS, "--nulls", "19", "--resolution", "0.5..2",
                                           "--resolution-steps", "6", "-o", "json")[0])
        cls.experiment = test.finish_experiment(test.create_experiment(test.small(), "<b>small & \"wide\"</b>").name)
        test.assertEqual(len([job for job in cls.experiment.jobs if job.state == job_pb2.Job.SUCCEEDED]), 12)

    def runTest(self):
        pass

    def draw(self, *arguments):
        """The SVG document that `modlab plot` prints."""
        out, _ = self.modlab("plot", *arguments, "-o", "-")
        return ElementTree.fromstring(out)

    @staticmethod
    def text_of(element):
        return " ".join(" ".join(element.itertext()).split())

    def test_every_kind_of_picture_of_a_score(self):
        job = self.score["name"]
        partitions = self.score["result"]["score"]["partitions"]
        leiden = partitions[1]
        network = self.draw(job)
        self.assertIn(f"Q = {leiden['modularity']['newman']:.4f}", self.text_of(network))
        self.assertIn("106 units", self.text_of(network))
        for kind, partition, said in (
                ("force", "leiden", f"{leiden['clusters']} clusters"), ("matrix", "leiden", "mean weight"),
                ("eigenvalues", "spectral", "eigenvalue"), ("nulls", "leiden", "null models"),
                ("ncut-nulls", "0", "n-cut"), ("clusters", "0", "clusters"), ("resolutions", "leiden", "resolution")):
            picture = self.draw(job, "--kind", kind, "--partition", partition)
            self.assertIn(said.lower(), self.text_of(picture).lower(), kind)
            self.assertEqual(picture.get("role"), "img")

    def test_units_and_edges_are_all_there(self):
        picture = self.draw(self.score["name"])
        graph = self.score["result"]["score"]["graph"]
        classes = [(element, (element.get("class") or "").split()) for element in picture.iter()]
        units = [element for element, names in classes if "ml-unit" in names]
        edges = [edge for element, names in classes if "ml-edges" in names for edge in element]
        self.assertEqual(len(units), graph["units"])
        self.assertEqual(len(edges), graph["edges"])

    def test_what_is_kept_for_pictures_is_the_graphs(self):
        job = self.get(self.score["name"])
        edges = numpy.load(io.BytesIO(self.artifact(job, "edges.npy")))
        self.assertEqual(edges.shape, (2368, 3))
        self.assertTrue((numpy.diff(edges[:, 2]) <= 0).all(), "the heaviest first")
        matrix = numpy.load(io.BytesIO(self.artifact(job, "matrix-1.npy")))
        self.assertTrue((matrix == matrix.T).all())
        self.assertEqual(matrix.shape, (106, 106))
        labels = numpy.array(job.result.score.partitions[1].labels)
        order = numpy.argsort(labels, kind="stable")
        dense = numpy.zeros((106, 106))
        for source, target, weight in edges:
            dense[int(source), int(target)] += weight
            dense[int(target), int(source)] += weight
        numpy.testing.assert_allclose(matrix, dense[numpy.ix_(order, order)], rtol=1e-6)

    def test_trainings_and_experiments(self):
        training = next(job.job for job in self.experiment.jobs if job.step == "trained")
        self.assertIn("loss", self.text_of(self.draw(training)))
        self.assertIn("accuracy", self.text_of(self.draw(self.experiment.name)))
        svg, png = self.home.path / "a.svg", self.home.path / "a.png"
        self.modlab("plot", training, "-o", svg)
        self.assertEqual(ElementTree.parse(svg).getroot().tag, SVG + "svg")
        if shutil.which("rsvg-convert"):
            self.modlab("plot", training, "-o", png)
            self.assertEqual(png.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        _, err = self.modlab("plot", training, "-o", png, code=2, environment={"PATH": "/nowhere"})
        self.assertIn("rsvg-convert", err)

    def test_what_cannot_be_drawn(self):
        for arguments, code, said in (
                ((self.score["name"], "--kind", "training"), 2, "has no picture"),
                ((self.score["name"], "--partition", "planted"), 2, "no partition"),
                ((self.score["name"], "--kind", "eigenvalues", "--partition", "leiden"), 2, "has no picture"),
                ((self.experiment.name, "--kind", "network"), 2, "comparison"), (("nothing",), 3, "nothing")):
            _, err = self.modlab("plot", *arguments, "-o", "-", code=code)
            self.assertIn(said, err)
        build = next(job.job for job in self.experiment.jobs if job.step == "net")
        _, err = self.modlab("report", build, "-o", "-", code=6)
        self.assertIn("build", err)

    def check_page(self, subject, figures):
        page = self.home.path / "report.html"
        self.modlab("report", subject, "-o", page)
        text = page.read_text()
        self.assertNotRegex(text, r"<script|javascript:|https?://(?!www\.w3\.org/)")
        ids = re.findall(r'\bid="([^"]*)"', text)
        self.assertEqual(len(ids), len(set(ids)), "every id once")
        if not CHROMIUM or not shutil.which("node"):
            self.skipTest("there is no Chromium")
        variables = dict(os.environ, NODE_PATH=str(node_packages.install(PAGE)), CHROMIUM=CHROMIUM)
        done = processes.run(["node", PAGE / "check_page.js", page, self.home.path], PATIENCE, env=variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        for look in json.loads(done.stdout):
            with self.subTest(width=look["width"], scheme=look["scheme"]):
                self.assertEqual(look["errors"], [])
                self.assertEqual(look["requests"], [])
                self.assertEqual(look["violations"], [])
                self.assertLessEqual(look["overflow"], 0, "it is no wider than its window")
                self.assertGreaterEqual(look["figures"], figures)
        return text

    def test_a_scores_report(self):
        text = self.check_page(self.score["name"], 10)
        self.assertIn(self.score["result"]["score"]["reading"][:60], text.replace("&#39;", "'"))
        self.assertIn(self.score["result"]["provenance"]["modelSha256"], text)
        self.assertIn("libtorch", text)

    def test_an_experiments_report(self):
        text = self.check_page(self.experiment.name, 8)
        self.assertIn("&lt;b&gt;small &amp; &quot;wide&quot;&lt;/b&gt;", text)
        self.assertIn("a classifier, width = 12", text)
        self.assertRegex(text, r"By Leiden[^.]*, the most modular is")
        self.assertIn("comparisons that were made", text)

    def test_all_of_a_report_is_on_paper(self):
        """What a screen folds away, too."""
        if not CHROMIUM or not shutil.which("pdftotext"):
            self.skipTest("there is no Chromium, or no pdftotext")
        page, paper = self.home.path / "paper.html", self.home.path / "paper.pdf"
        self.modlab("report", self.experiment.name, "-o", page)
        folded = re.findall(r"<details><summary>([^<]*)</summary></details>", page.read_text())
        self.assertIn("Tests of all differences", folded)
        done = processes.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.home.path}/c",
                              f"--print-to-pdf={paper}", page.as_uri()], PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = processes.run(["pdftotext", "-layout", paper, "-"], PATIENCE).stdout
        for summary in folded:
            self.assertIn(summary, text)
        for inside in ("permutation tests of the difference of means", "least p", '"repeats": true', "--name again"):
            self.assertIn(inside, text)

    def test_a_matrix_as_large_as_can_be_kept_is_drawn(self):
        net, _ = self.modlab("model", "new", "--mlp", "64,400,10", "-q")
        spec = self.home.path / "large.json"
        spec.write_text(json.dumps({"score": {"model": f"models/{net.strip()}", "partitions": [{"leiden": {"restarts": 1}}],
                                              "nulls": {"samples": 0}, "stabilityRuns": 0,
                                              "plotData": {"edges": 100, "cells": 400}}}))
        job, _ = self.modlab("job", "submit", spec, "--wait", "-q")
        page = self.home.path / "large.html"
        self.modlab("report", job.strip(), "-o", page)
        self.assertIn("400 × 400 cells", page.read_text())
        self.assertNotIn("is left out", page.read_text())

    def test_a_trainings_report(self):
        training = next(job.job for job in self.experiment.jobs if job.step == "trained")
        text = self.check_page(training, 1)
        self.assertIn("How well each goal is met in the end", text)


if __name__ == "__main__":
    unittest.main()
