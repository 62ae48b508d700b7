"""The examples in other languages work against the real daemon, as they are: over TLS with a token, and over a socket."""

import os
import subprocess
import sys
import time
import unittest

import node_packages
import processes
from breaking_proxy import BreakingProxy
from harness import BIN, BUILD, DIGITS, FIXTURES, PATIENCE, SOURCE, model_with, wait_until
from modlab.v1 import job_pb2, model_pb2
from over_tls import TlsTest

EXAMPLES = SOURCE / "client" / "examples"


class Example:
    """What every example must do. A class derived from it gives `command` and `variables`."""

    daemon_options = ("--workers", 1)
    variables = {}

    def setUp(self):
        self.output, self.messages = self.home.path / "output", self.home.path / "messages"
        self.over_tls = ("--server", self.target, "--ca", self.tls / "ca.pem", "--token-file", self.token_files["bob"])

    def start_example(self, *arguments):
        """Starts the example, with files for its output and its messages: a test may read them while it runs."""
        with self.output.open("w") as output, self.messages.open("w") as messages:
            return processes.Process(
                list(map(str, (*self.command, *arguments))), env=self.home.environment | self.variables,
                stdin=subprocess.DEVNULL, stdout=output, stderr=messages)

    def finish_example(self, process, code=0):
        """Waits for it; it must exit with `code`. Returns its output and its messages."""
        self.assertEqual(process.wait(PATIENCE), code, self.messages.read_text())
        return self.output.read_text(), self.messages.read_text()

    def score(self, *arguments, code=0):
        return self.finish_example(self.start_example(*arguments), code)

    def latest(self, kind, user="bob"):
        """The newest job of a kind that a user has."""
        jobs = self.modlab_json("job", "list", "--kind", kind)["jobs"]
        return next(job for job in jobs if job["owner"] == user)

    def file(self, name, content):
        path = self.home.path / name
        path.write_bytes(content)
        return path

    def assert_said(self, said, file, job):
        """`said` is what the client says of a job's result."""
        partition = self.modlab_json("job", "result", job["name"])["result"]["score"]["partitions"][0]
        sizes = ", ".join(map(str, partition["sizes"]))
        self.assertEqual(said, f"{file}: Q = {partition['modularity']['newman']:.4f}, n-cut = {partition['ncut']:.4f}, "
                               f"cluster sizes [{sizes}]\n")

    def test_over_tls_with_a_token(self):
        said, messages = self.score(DIGITS, "--clusters", 5, "--seed", 7, *self.over_tls)
        job = self.latest("score")
        self.assert_said(said, DIGITS.name, job)
        self.assertEqual(job["spec"]["seed"], 7)
        self.assertEqual(job["spec"]["score"]["partitions"][0]["spectral"]["clusters"], 5)
        self.assertIn("watching " + job["name"], messages)
        self.assertRegex(messages, r"(?m)^cluster \d+%$")
        self.assertIn("succeeded", messages.splitlines())

    def test_on_a_socket(self):
        self.score(DIGITS, "--server", self.daemon.address)
        owner = self.modlab_json("job", "list", "--kind", "score", "--limit", 1)["jobs"][0]["owner"]
        self.assertNotEqual(owner, "bob")

    def test_an_upload_goes_on_where_it_broke_off(self):
        size = 24 << 20
        content = model_with(os.urandom(size // 2).hex())
        proxy = BreakingProxy(self.port, break_after=size // 2)
        self.addCleanup(proxy.close)
        said, messages = self.score(
            self.file("large.pt", content), *self.over_tls, "--server", f"localhost:{proxy.port}")
        self.assert_said(said, "large.pt", self.latest("score"))
        self.assertIn("trying again", messages)
        self.assertLess(proxy.sent, 1.4 * size, "it did not begin anew")

    def test_a_watch_goes_on_after_the_server_was_killed(self):
        # The only worker is busy, so that what the example watches waits when the server goes.
        upload = self.upload((FIXTURES / "endless_forward.pt").read_bytes())
        endless = self.models.CreateModel(model_pb2.CreateModelRequest(upload=upload.name)).inspect_job
        self.wait_for_state(endless, job_pb2.Job.RUNNING)
        process = self.start_example(self.file("watched.pt", model_with("watched")), *self.over_tls)
        wait_until(lambda: "queued" in self.messages.read_text(), "the example has seen that its job is queued")
        self.daemon.kill()
        wait_until(lambda: self.messages.read_text().count("trying again") > 4, "the server is away for some seconds")
        self.start_daemon()
        self.cancel(endless)
        said, messages = self.finish_example(process)
        self.assert_said(said, "watched.pt", self.latest("score"))
        for state in ("queued", "running", "succeeded"):  # of the inspection and of the score: none lost, none repeated
            self.assertEqual(messages.splitlines().count(state), 2, messages)

    def test_patience_counts_from_the_break(self):
        # As above, and what the example waits for lasts longer than its patience before the connection breaks.
        upload = self.upload((FIXTURES / "endless_forward.pt").read_bytes())
        endless = self.models.CreateModel(model_pb2.CreateModelRequest(upload=upload.name)).inspect_job
        self.wait_for_state(endless, job_pb2.Job.RUNNING)
        proxy = BreakingProxy(self.port)
        self.addCleanup(proxy.close)
        process = self.start_example(self.file("patient.pt", model_with("patient")), *self.over_tls,
                                     "--server", f"localhost:{proxy.port}", "--patience", 2)
        wait_until(lambda: "queued" in self.messages.read_text(), "the example has seen that its job is queued")
        time.sleep(4)
        proxy.cut()
        wait_until(lambda: "trying again" in self.messages.read_text() or process.poll() is not None, "it has noticed")
        self.cancel(endless)
        said, _ = self.finish_example(process)
        self.assert_said(said, "patient.pt", self.latest("score"))

    def test_a_known_model_needs_no_inspection_job(self):
        content = self.file("known.pt", model_with("known"))
        self.score(content, *self.over_tls)
        self.modlab("job", "delete", self.latest("inspect")["name"])
        said, _ = self.score(content, *self.over_tls)
        self.assert_said(said, "known.pt", self.latest("score"))

    def test_errors_are_sentences(self):
        for arguments, code, said in (
                ((SOURCE / "README.md", *self.over_tls), 1, "not a TorchScript"),
                ((FIXTURES / "raising_load.pt", *self.over_tls), 1, "cannot be used"),
                ((DIGITS, *self.over_tls, "--clusters", 100000), 1, "clusters"),
                (("/none.pt", *self.over_tls), 2, "/none.pt"),
                ((DIGITS,), 2, "--server"),
                ((DIGITS, "--server", self.target, "--ca", self.tls / "ca.pem"), 1, "token"),
                ((DIGITS, *self.over_tls, "--ca", "/none.pem"), 2, "/none.pem")):
            out, err = self.score(*arguments, code=code)
            self.assertIn(said, err)
            self.assertEqual(out, "")
            self.assertNotRegex(err, r"Traceback|at .*:\d+:\d+|goroutine")

    def test_a_token_file_that_others_can_read_is_refused(self):
        path = self.file("open.token", self.tokens["bob"].encode())
        path.chmod(0o640)
        _, err = self.score(DIGITS, *self.over_tls, "--token-file", path, code=2)
        self.assertIn("chmod 600", err)
        self.assertNotIn(self.tokens["bob"], err)

    def test_a_server_that_stays_away_is_given_up(self):
        other = self.home.path / "other"
        self.certify("localhost", folder=other)
        for address in (self.over_tls[1], "localhost:1"):
            _, err = self.score(DIGITS, *self.over_tls, "--server", address, "--ca", other / "ca.pem", "--patience", 1,
                                code=1)
            self.assertIn("trying again", err)


class Python(Example, TlsTest):
    command = (sys.executable, "-B", EXAMPLES / "python" / "score.py")
    variables = {"PYTHONPATH": str(BUILD / "python")}


class Node(Example, TlsTest):
    command = ("node", EXAMPLES / "node" / "score.js")

    @classmethod
    def setUpClass(cls):
        cls.variables = {"NODE_PATH": str(node_packages.install(EXAMPLES / "node"))}
        super().setUpClass()


class Go(Example, TlsTest):
    command = (BIN / "score-go",)


if __name__ == "__main__":
    unittest.main()
