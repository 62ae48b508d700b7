"""The sandbox as the operator sets it: required, best-effort, off; and what is told about it. What it holds off, the
hostile trial tries.
"""

import os
import pathlib
import unittest

import grpc
from modlab.v1 import error_pb2, job_pb2, model_pb2, server_pb2

import processes
from harness import BIN, DIGITS, PATIENCE, EndToEndTest, HinderedDaemon, Home, endless_spec, score_spec, wait_until

Job = job_pb2.Job
USER = 60000
NOTHING = ["--uid", USER, "--no-landlock", "--no-namespaces"]


@unittest.skipIf(os.geteuid() != 0, "needs root, to be another user")
class Sandbox(EndToEndTest):
    daemon = None

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        self.__class__.home, self.__class__.daemon = Home(), None
        self.addCleanup(self.clean_up)

    def start(self, system, *options):
        self.__class__.daemon = HinderedDaemon(self.home, system, *options)
        self.start_daemon()

    def status(self):
        return self.server.GetServer(server_pb2.GetServerRequest())

    def sandbox_of_a_job(self):
        model = self.push(DIGITS)
        job = self.finish(self.create(score_spec(model)).name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        (attempt,) = job.attempts
        return attempt.sandbox

    def test_required_is_the_default_and_refuses_without(self):
        self.start(NOTHING)
        status = self.status()
        self.assertTrue(status.sandbox_insufficient)
        self.assertEqual(status.warm_workers, 0)
        out, _ = self.modlab("server", "status")
        self.assertIn("jobs are refused", out)
        upload = self.upload(DIGITS.read_bytes())
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.SANDBOX_INSUFFICIENT):
            self.models.CreateModel(model_pb2.CreateModelRequest(upload=upload.name))
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.SANDBOX_INSUFFICIENT):
            self.jobs.CreateJob(job_pb2.CreateJobRequest())
        _, err = self.modlab("score", DIGITS, code=6)
        for words in ("Landlock", "--sandbox best-effort"):
            self.assertIn(words, err)

    def test_jobs_wait_while_they_are_refused(self):
        self.start(["--uid", USER], "--workers", 1)
        model = self.push(DIGITS)
        self.create(endless_spec(model))
        waiting = self.create(score_spec(model)).name
        self.modlab("server", "stop", "--jobs")
        self.daemon.process.wait()
        self.start(NOTHING)
        self.assertEqual(self.get(waiting).state, Job.QUEUED)
        self.assertEqual(self.status().running_jobs, 0)
        self.assertEqual(self.daemon.terminate(), 0)
        self.start(["--uid", USER], "--workers", 2)
        self.assertEqual(self.finish(waiting).state, Job.SUCCEEDED)

    def test_best_effort_takes_what_there_is(self):
        self.start(NOTHING, "--sandbox", "best-effort")
        self.assertEqual(self.status().sandbox, "seccomp")
        self.assertEqual(self.sandbox_of_a_job(), "seccomp")

    def test_what_is_there_and_not_allowed_is_done_without(self):
        """Namespaces that may not mount, as Ubuntu makes them, and uids that a container does not have."""
        for system, words in ((["--uid", USER, "--no-mounts"], "seccomp, Landlock"), (["--no-mounts"], "own uid, chroot"),
                              (["--no-uids"], "namespaces")):
            with self.subTest(system):
                self.start(system)
                self.assertIn(words, self.status().sandbox)
                self.assertEqual(self.sandbox_of_a_job(), self.status().sandbox)
                self.assertEqual(self.daemon.terminate(), 0)
                self.daemon.data.rename(self.home.path / ("data-of-" + "".join(map(str, system))))

    def test_off(self):
        self.start([], "--sandbox", "off")
        self.assertEqual(self.status().sandbox, "models run with your rights")
        self.assertEqual(self.sandbox_of_a_job(), "nothing")

    def test_each_job_has_a_uid_of_its_own(self):
        self.start([], "--workers", 3, "--sandbox-uids", "60700-60702")
        model = self.push(DIGITS)
        for _ in range(3):
            self.create(endless_spec(model))
        workers = wait_until(
            lambda: len(pids := [pid for pid in processes.running("modlab-worker")
                                 if processes.holds_open(pid, "events.log")]) == 3 and pids, "three jobs run")
        uids = [line.split()[1:] for pid in workers
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Uid:")]
        self.assertEqual(sorted(uids), [[str(uid)] * 4 for uid in (60700, 60701, 60702)])
        # A daemon that takes them up gives none of these to another job.
        self.daemon.kill()
        self.start_daemon()
        self.assertEqual(self.status().running_jobs, 3)

    def test_options(self):
        for options, word in ((["--sandbox", "maybe"], "maybe"), (["--sandbox-uids", "5"], "FIRST-LAST"),
                              (["--sandbox-uids", "0-9"], "without 0"), (["--sandbox-uids", "5-x"], "FIRST-LAST"),
                              (["--workers", "4", "--sandbox-uids", "60700-60701"], "one for each")):
            done = processes.run(
                [BIN / "modlabd", "--listen", "unix:/tmp/none.sock", "--data-dir", self.home.path / "data", *options],
                PATIENCE)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)

    @classmethod
    def clean_up(cls):
        if cls.daemon:
            return super().clean_up()
        cls.home.remove()


if __name__ == "__main__":
    unittest.main()
