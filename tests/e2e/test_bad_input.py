"""Bad input gets a sentence and an exit code, never a crash; the daemon serves on, and nothing is left running."""

import io
import json
import unittest
import zipfile

import processes
from harness import DIGITS, FIXTURES, EndToEndTest, wait_until


class BadInput(EndToEndTest):
    @classmethod
    def make_home(cls, add_cleanup):
        super().make_home(add_cleanup)
        cls.home.set_sanitizer_option("handle_segv=0")  # one model overflows its worker's stack on purpose

    def tearDown(self):
        # Whatever was thrown at it: the same process still serves, and scores a good model.
        self.assertIsNone(self.daemon.process.poll())
        self.modlab("score", DIGITS, "-k", 3, "--restarts", 5, "--nulls", 0)

    def assert_says(self, text, *words):
        """One line of text, without traces of the inside, with all of `words`."""
        sentence = text.strip().splitlines()[-1]
        for word in words:
            self.assertIn(word, sentence)
        for inside in ("terminate called", "Exception raised from", "what():", "Traceback", "std::"):
            self.assertNotIn(inside, text)

    def file(self, name, content):
        path = self.home.path / name
        path.write_bytes(content)
        return path

    def refuse_file(self, path, code, *words, options=()):
        """`score` of a file exits with `code` and a sentence; so does it the second time, and so does `model push`."""
        for command in (["score"], ["score"], ["model", "push"]):
            _, err = self.modlab(*command, path, *options, code=code)
            self.assert_says(err, *words)

    def refuse_score(self, path, *words):
        """A model that loads, but has no graph: it can be pushed, and that says why it cannot be scored, as `score` does."""
        out, _ = self.modlab("model", "push", path)
        self.assertRegex(out, r"(?m)^graph +none")
        for word in words:
            self.assertIn(word, out)
        _, err = self.modlab("score", path, code=6)
        self.assert_says(err, *words)

    # --- Not a model.

    def test_no_such_file(self):
        self.refuse_file(self.home.path / "none.pt", 2, "none.pt")

    def test_a_folder(self):
        self.refuse_file(self.home.path, 2, str(self.home.path))

    def test_empty_file(self):
        self.refuse_file(self.file("empty.pt", b""), 2, "empty")

    def test_not_a_zip(self):
        self.refuse_file(self.file("text.pt", b"this is not a model\n" * 100), 6, "zip")

    def test_truncated_zip(self):
        content = DIGITS.read_bytes()
        self.refuse_file(self.file("half.pt", content[:len(content) // 2]), 6, "zip")

    def test_zip_that_is_not_torchscript(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("holiday/photo.jpg", b"no model")
        self.refuse_file(self.file("photos.pt", content.getvalue()), 6, "TorchScript")

    def test_state_dictionary(self):
        # What torch.save(model.state_dict()) writes: a zip with data.pkl, but without code.
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02}.")
            archive.writestr("archive/version", b"3\n")
        self.refuse_file(self.file("weights.pt", content.getvalue()), 6, "torch.jit")

    def test_zip_bomb(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("version", "data.pkl", "code/a.py"):
                archive.writestr("m/" + name, b"3\n")
            archive.writestr("m/data/0", b"\0" * (64 << 20))
        self.refuse_file(self.file("bomb.pt", content.getvalue()), 6)

    def test_zip_with_names_that_leave_it(self):
        content = io.BytesIO(DIGITS.read_bytes())
        with zipfile.ZipFile(content, "a") as archive:
            archive.writestr("../../escape", b"")
        self.refuse_file(self.file("escape.pt", content.getvalue()), 6, "..")

    def test_code_that_does_not_parse(self):
        broken = io.BytesIO()
        with zipfile.ZipFile(DIGITS) as good, zipfile.ZipFile(broken, "w") as archive:
            for entry in good.infolist():
                content = good.read(entry)
                archive.writestr(entry.filename, b"class (\n" if entry.filename.endswith(".py") else content)
        self.refuse_file(self.file("broken.pt", broken.getvalue()), 1, "load")

    # --- Models without a graph.

    def test_no_weight_layers(self):
        self.refuse_score(FIXTURES / "no_weights.pt", "layer")

    def test_nan_and_infinite_weights(self):
        for name in ("nan_weights.pt", "infinite_weights.pt"):
            self.refuse_score(FIXTURES / name, "[3, 1]", "layer 2")

    def test_all_zero_weights(self):
        self.refuse_score(FIXTURES / "zero_weights.pt", "zero")

    def test_unsupported_operation(self):
        self.refuse_score(FIXTURES / "unsupported.pt", "aten::sort", "mix", "make_models.py", "line")

    # --- Options.

    def test_cluster_counts(self):
        for clusters, word in ((0, "2 or more"), (1, "2 or more"), (-3, "2 or more"), (107, "106")):
            _, err = self.modlab("score", DIGITS, "-k", clusters, code=6)
            self.assert_says(err, str(clusters), word)

    def test_option_values(self):
        for options, word in (
                (["--kernel-norm", "l3"], "kernel-norm"), (["--time-limit", "soon"], "time-limit"),
                (["--memory-limit", "-1GiB"], "memory-limit"), (["--input-shape", "1,x"], "1,x"), (["--seed", "-1"], "seed"),
                (["--label", "nosign"], "nosign"), (["-k", "many"], "many"), (["-k", "2.."], "2.."),
                (["--method", "kmeans"], "method"), (["--objective", "barber"], "objective"),
                (["--null-model", "none"], "null-model"), (["--method", "planted"], "--planted FILE"),
                (["--method", "leiden", "--restarts", 3], "--restarts"), (["--resolution", "0.2.."], "0.2.."),
                (["--resolution", "high"], "high"), (["--resolution", 2, "--resolution-steps", 9], "--resolution 0.2..3"),
                (["--method", "spectral", "--resolution", "0.2..3"], "--method leiden"),
                (["--planted", self.file("labels.txt", b"0 1 two")], "'two'")):
            with self.subTest(options):
                _, err = self.modlab("score", DIGITS, *options, code=2)
                self.assertIn(word, err)
        for options, word in (
                (["--restarts", 0], "restarts"), (["--restarts", 10001], "restarts"), (["--resolution", 0], "resolution"),
                (["--resolution", "nan"], "resolution"), (["--resolution", "0..3"], "0.2 to 3"),
                (["--resolution", "3..2"], "3 to 2"), (["--resolution", "1..1e9"], "1000000"),
                (["--resolution", "0.2..3", "--resolution-steps", 201], "201 resolutions"),
                (["--threads", 0], "threads"), (["--threads", 100000], "threads"),
                (["--priority", 101], "priority"), (["--input-shape", "1,63"], "63"), (["-k", "3..2"], "3 to 2"),
                (["-k", "1..5"], "2 or more"), (["--leiden-restarts", 0], "restarts"), (["--nulls", -1], "null models"),
                (["--stop-at", 0], "exceedances"), (["--stability", 1], "partitions"),
                (["--planted", self.file("few.txt", b"0 1 1")], "3 labels")):
            with self.subTest(options):
                _, err = self.modlab("score", DIGITS, *options, code=1 if options[0] in ("--input-shape", "--planted") else 6)
                self.assert_says(err, word)

    def test_specs(self):
        model = self.modlab("model", "push", DIGITS, "-q")[0].strip()
        score = {"model": f"models/{model}", "partitions": [{"spectral": {"clusters": 3}}]}
        for spec, code, word in (
                ("{", 2, "JSON"), ("[]", 2, "JSON"), ("{}", 6, "kind"),
                (json.dumps({"score": score, "sede": 1}), 2, "sede"),
                (json.dumps({"score": dict(score, partitions=[{"spectral": {"klusters": 3}}])}), 2, "klusters"),
                (json.dumps({"score": score, "seed": "one"}), 2, "one"),
                (json.dumps({"score": dict(score, graph={"kernelNorm": "L3"})}), 2, "L3"),
                (json.dumps({"score": dict(score, partitions=[{}])}), 6, "method"),
                (json.dumps({"score": dict(score, partitions=[{"spectral": {"mostClusters": 1}}])}), 6, "2 to 1"),
                (json.dumps({"score": dict(score, model="models/none")}), 3, "models/none"),
                (json.dumps({"evolve": {}}), 2, "evolve")):
            with self.subTest(spec):
                _, err = self.modlab("job", "submit", self.file("spec.json", spec.encode()), code=code)
                self.assertIn(word, err)

    # --- Models that do harm, each in a worker of its own.

    def assert_no_worker_is_busy(self):
        wait_until(lambda: not any(processes.holds_open(pid, "events.log") for pid in processes.running("modlab-worker")),
                   "the worker has ended")

    def test_load_aborts(self):
        self.refuse_file(FIXTURES / "abort_on_load.pt", 1, "CRASHED")
        self.assert_no_worker_is_busy()

    def test_forward_loops_for_ever(self):
        self.refuse_file(FIXTURES / "endless_forward.pt", 1, "TIME_LIMIT", options=["--time-limit", "2s"])
        self.assert_no_worker_is_busy()

    def test_forward_allocates_100_gigabytes(self):
        self.refuse_file(FIXTURES / "huge_allocation.pt", 1, options=["--memory-limit", "1GiB"])
        self.assert_no_worker_is_busy()

    def test_forward_raises(self):
        self.refuse_score(FIXTURES / "raising_forward.pt", "forward", "the sky is not blue")


if __name__ == "__main__":
    unittest.main()
