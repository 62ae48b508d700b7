"""What an operator does: drains, quotas, a disk that fills up, metrics, logs, the audit log, backups and fsck."""

import json
import os
import shutil
import socket
import unittest
import urllib.request

import grpc
from modlab.v1 import error_pb2, job_pb2, model_pb2, server_pb2

import processes
from harness import BIN, DIGITS, PATIENCE, Daemon, EndToEndTest, HinderedDaemon, Home, score_spec, wait_until
from over_tls import free_port


def operate(*arguments, home, code=0):
    """Runs one of modlabd's commands; returns what it printed."""
    done = processes.run([str(BIN / "modlabd"), *map(str, arguments)], PATIENCE, env=home.environment)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


class OperationsTest(EndToEndTest):
    def submit(self, model):
        return self.create(score_spec(model, clusters=2))

    def await_success(self, job):
        self.assertEqual(self.finish(job.name).state, job_pb2.Job.SUCCEEDED)

    def status(self):
        return self.server.GetServer(server_pb2.GetServerRequest(), timeout=PATIENCE)

    def free_bytes(self):
        return shutil.disk_usage(self.daemon.data).free


class Drain(OperationsTest):
    def test_a_drained_server_takes_jobs_and_starts_none_also_after_a_restart(self):
        model = self.push(DIGITS)
        drained = self.server.DrainServer(server_pb2.DrainServerRequest(message="new disks"), timeout=PATIENCE)
        self.assertTrue(drained.draining)
        job = self.submit(model)
        self.assertEqual(job.waiting_for, "the server is drained: new disks")
        self.daemon.kill()
        self.start_daemon()
        self.assertEqual(self.get(job.name).state, job_pb2.Job.QUEUED)
        self.assertEqual(self.get(job.name).queue_position, 1)
        queue = self.jobs.ListQueue(job_pb2.ListQueueRequest(), timeout=PATIENCE)
        self.assertEqual([waiting.name for waiting in queue.jobs], [job.name])
        self.assertEqual(self.status().paused, "the server is drained: new disks")
        self.assertFalse(self.server.UndrainServer(server_pb2.UndrainServerRequest(), timeout=PATIENCE).draining)
        self.await_success(job)
        self.assertEqual(self.get(job.name).waiting_for, "")


class Quotas(OperationsTest):
    daemon_options = ("--user-queued", 2, "--user-storage", "1MiB")

    def test_a_user_may_queue_and_store_so_much(self):
        model = self.push(DIGITS)
        self.server.DrainServer(server_pb2.DrainServerRequest(), timeout=PATIENCE)
        jobs = [self.submit(model) for _ in range(2)]
        with self.assert_refused(grpc.StatusCode.RESOURCE_EXHAUSTED, error_pb2.QUOTA_EXCEEDED):
            self.submit(model)
        big = self.home.path / "big.pt"
        big.write_bytes(os.urandom(2 << 20))
        _, refused = self.modlab("model", "push", big, code=6)
        self.assertIn("a user may have 1048576", refused)
        quota = self.status().quota
        self.assertEqual((quota.queued_jobs, quota.queued_jobs_used), (2, 2))
        self.assertEqual((quota.stored_bytes, quota.stored_bytes_used), (1 << 20, DIGITS.stat().st_size))
        self.server.UndrainServer(server_pb2.UndrainServerRequest(), timeout=PATIENCE)
        for job in jobs:
            self.await_success(job)


@unittest.skipUnless(os.geteuid() == 0, "mounting a small disk needs root")
class FullDisk(OperationsTest):
    """The data directory is on a disk of 48 MiB."""

    daemon_options = ("--min-free", "16MiB")

    @classmethod
    def setUpClass(cls):
        cls.make_home(cls.addClassCleanup)
        cls.daemon.data.mkdir(mode=0o700)
        mounted = processes.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "modlab-test", str(cls.daemon.data)],
                                PATIENCE)
        if mounted.returncode != 0:
            raise unittest.SkipTest("no disk can be mounted here: " + mounted.stderr)
        cls.start_daemon()

    @classmethod
    def clean_up(cls):
        if cls.daemon.process and cls.daemon.process.poll() is None:
            cls.daemon.terminate()
        processes.run(["umount", str(cls.daemon.data)], PATIENCE)
        super().clean_up()

    def make_room(self, ballast):
        ballast.unlink()
        wait_until(lambda: not self.status().paused, "the server goes on")

    def test_stops_new_work_and_resumes(self):
        model = self.push(DIGITS)
        again = job_pb2.CreateJobRequest(job=job_pb2.Job(spec=score_spec(model)), request_id="before-the-disk-was-full")
        job = self.jobs.CreateJob(again)
        self.await_success(job)
        ballast = self.daemon.data / "ballast"
        ballast.write_bytes(bytes(self.free_bytes() - (8 << 20)))
        wait_until(lambda: self.status().paused, "the server sees that its disk is full")
        self.assertIn("disk is nearly full", self.status().paused)
        with self.assert_refused(grpc.StatusCode.RESOURCE_EXHAUSTED, error_pb2.STORAGE_FULL):
            self.submit(model)
        self.assertEqual(self.jobs.CreateJob(again).name, job.name, "what was answered before is answered again")
        _, refused = self.modlab("score", DIGITS, "-k", "3", code=6)
        self.assertIn("disk is nearly full", refused)
        self.make_room(ballast)
        self.modlab("score", DIGITS, "-k", "3", "--nulls", 0)

    def test_a_job_that_meets_a_full_disk_waits_and_succeeds(self):
        model = self.push(DIGITS)
        job = self.submit(model)
        ballast = self.daemon.data / "ballast"
        free = self.free_bytes()
        with open(ballast, "wb") as file:  # not a byte is left, also for what the server would keep
            while free > 0:
                try:
                    file.write(bytes(min(free, 1 << 20)))
                    file.flush()
                except OSError:
                    break
                free = self.free_bytes()
        waiting = self.start_modlab("job", "wait", job.name)
        wait_until(lambda: self.status().paused, "the server sees that its disk is full")
        self.make_room(ballast)
        self.end_of(waiting)
        self.assertIn("clean", operate("fsck", "--data-dir", self.daemon.data, home=self.home))


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
class ByRoot(OperationsTest):
    """The server is an ordinary user's."""

    uid = 60000

    @classmethod
    def make_home(cls, add_cleanup):
        cls.home = Home()
        cls.daemon = HinderedDaemon(cls.home, ["--uid", cls.uid])
        add_cleanup(cls.clean_up)

    def test_files_stay_the_server_s(self):
        self.assertFalse((self.daemon.data / "audit.log").exists())
        operate("user", "add", "ada", "--data-dir", self.daemon.data, home=self.home)
        self.assertEqual({path.name for path in self.daemon.data.iterdir() if path.stat().st_uid != self.uid}, set())
        self.assertIn("user add", (self.daemon.data / "audit.log").read_text())


class Retention(OperationsTest):
    daemon_options = ("--retention", "3s")

    def test_deletes_jobs_that_ended_long_ago_and_no_others(self):
        model = self.push(DIGITS)
        self.server.DrainServer(server_pb2.DrainServerRequest(), timeout=PATIENCE)
        waiting = self.submit(model)

        def names():
            return {job.name for job in self.jobs.ListJobs(job_pb2.ListJobsRequest(), timeout=PATIENCE).jobs}

        wait_until(lambda: names() == {waiting.name}, "the job that has ended is deleted")
        self.assertEqual(self.get(waiting.name).state, job_pb2.Job.QUEUED)
        self.assertEqual(len(self.models.ListModels(model_pb2.ListModelsRequest(), timeout=PATIENCE).models), 1)
        self.server.UndrainServer(server_pb2.UndrainServerRequest(), timeout=PATIENCE)
        wait_until(lambda: not names(), "so is the other, some time after its end")
        self.assertIn("clean", operate("fsck", "--data-dir", self.daemon.data, home=self.home))


class Telemetry(OperationsTest):
    port = free_port()
    daemon_options = ("--metrics", f"127.0.0.1:{port}", "--log-format", "json", "--log-level", "debug")

    def scrape(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=PATIENCE) as answer:
            return answer.read().decode()

    def test_counts_jobs_calls_and_phases(self):
        self.modlab("score", DIGITS)
        text = self.scrape()
        for line in ('modlab_jobs{kind="score",state="succeeded"} 1',
                     'modlab_attempts_total{kind="score",outcome="finished"} 1',
                     'modlab_queue_wait_seconds_count{kind="score"} 1',
                     'modlab_phase_seconds_count{kind="score",phase="embed"} 1',
                     'modlab_rpc_seconds_count{code="OK",method="CreateJob"} 1',
                     f'modlab_content_bytes_total{{direction="in"}} {DIGITS.stat().st_size}'):
            self.assertIn(line, text)

    def test_lines_are_objects_with_the_ids_of_request_and_job(self):
        call = self.server.GetServer.with_call(
            server_pb2.GetServerRequest(), timeout=PATIENCE, metadata=(("x-request-id", "my-id-7"),))[1]
        self.assertIn(("x-request-id", "my-id-7"), call.initial_metadata())
        job = self.submit(self.push(DIGITS))
        self.await_success(job)
        lines = [json.loads(line) for line in self.daemon.log.read_text().splitlines()]
        self.assertTrue([line for line in lines if line.get("request") == "my-id-7"])
        self.assertTrue([line for line in lines if line.get("job") == job.name.removeprefix("jobs/")])

    def test_a_request_id_that_is_no_plain_word_is_not_taken(self):
        call = self.server.GetServer.with_call(
            server_pb2.GetServerRequest(), timeout=PATIENCE, metadata=(("x-request-id", 'a" b'),))[1]
        self.assertRegex(dict(call.initial_metadata())["x-request-id"], "^[a-z0-9]{12}$")

    def test_the_audit_log_says_who_changed_what(self):
        model = self.push(DIGITS)
        path = self.daemon.data / "audit.log"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        created = [entry for entry in entries if entry["action"] == "CreateModel" and entry["resource"] == model.name]
        self.assertTrue(created)
        self.assertEqual((created[0]["user"], created[0]["outcome"]), (self.status().user, "OK"))
        self.assertFalse([entry for entry in entries if entry["action"].startswith(("Get", "List", "Watch"))])

    def test_a_port_that_is_taken_is_told(self):
        home = Home()
        try:
            other = Daemon(home, "--metrics", f"127.0.0.1:{self.port}").launch()
            self.assertEqual(other.process.wait(PATIENCE), 1)
            self.assertIn(f"cannot serve metrics on 127.0.0.1:{self.port}", other.log.read_text())
        finally:
            home.remove()


class Backup(OperationsTest):
    def test_a_backup_made_while_jobs_run_is_a_server_s_data(self):
        model = self.push(DIGITS)
        jobs = [self.submit(model) for _ in range(6)]
        copy = self.home.path / "copy-data"
        operate("backup", copy, "--data-dir", self.daemon.data, home=self.home)
        self.assertIn("clean", operate("fsck", "--data-dir", copy, home=self.home))
        self.assertIn("exists", operate("backup", copy, "--data-dir", self.daemon.data, home=self.home, code=1))
        for job in jobs:
            self.await_success(job)
        self.daemon.terminate()
        restored = Daemon(self.home, name="copy").start()
        try:
            for job in jobs:
                self.modlab("job", "wait", job.name, server=restored.address)
            self.assertIn("clean", operate("fsck", "--data-dir", copy, home=self.home))
        finally:
            restored.terminate()
        self.start_daemon()

    def test_fsck_names_what_is_damaged(self):
        model = self.push(DIGITS)
        blob = self.daemon.data / "blobs" / model.sha256[:2] / model.sha256
        content = blob.read_bytes()
        os.chmod(blob, 0o600)
        blob.write_bytes(content[:-1] + b"\0" if content[-1:] != b"\0" else content[:-1] + b"\1")
        said = operate("fsck", "--data-dir", self.daemon.data, home=self.home, code=1)
        self.assertRegex(said, f"blob {model.sha256}: its content has another digest")
        blob.write_bytes(content)
        self.assertIn("clean", operate("fsck", "--data-dir", self.daemon.data, home=self.home))


class Health(OperationsTest):
    SERVING = b"\x08\x01"  # HealthCheckResponse{status: SERVING}

    def check(self, service):
        call = self.channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes,
                                        response_deserializer=bytes)
        name = service.encode()
        return call(b"\x0a" + bytes([len(name)]) + name if name else b"", timeout=PATIENCE)

    def test_each_service_says_how_it_is(self):
        for service in ("", "modlab.v1.ModelService", "modlab.v1.UploadService", "modlab.v1.JobService",
                        "modlab.v1.ServerService"):
            self.assertEqual(self.check(service), self.SERVING, service)

    def test_a_service_that_is_none_is_not_found(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.check("modlab.v1.NoService")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)


class SystemdNotify(unittest.TestCase):
    def test_says_when_it_is_ready_and_when_it_stops(self):
        home = Home()
        self.addCleanup(home.remove)
        path = str(home.path / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(PATIENCE)
            home.environment["NOTIFY_SOCKET"] = path
            daemon = Daemon(home).start()
            self.assertEqual(notify.recv(100), b"READY=1")
            self.assertEqual(daemon.terminate(), 0)
            self.assertEqual(notify.recv(100), b"STOPPING=1")


if __name__ == "__main__":
    unittest.main()
