"""Jobs in cgroups of their own (version 2), where the daemon was given one to divide, as a systemd unit with Delegate=yes is.
Needs root and version 2 somewhere; of its controllers this tries those that the machine has there.
"""

import os
import pathlib
import signal
import unittest

from modlab.v1 import access_pb2, error_pb2, job_pb2, model_pb2, server_pb2

import processes
from harness import DIGITS, FIXTURES, Daemon, EndToEndTest, Home, score_spec, wait_until

MOUNTS = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()
          if line.split()[2] == "cgroup2"]
CONTROLLERS = {"cpu": "cpu.max", "memory": "memory.max", "pids": "pids.max"}
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


def in_cgroup(pid):
    (line,) = [line for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines() if line.startswith("0::")]
    return pathlib.Path(MOUNTS[0] + line[3:])


class CgroupDaemon(Daemon):
    def __init__(self, home, cgroup):
        super().__init__(home, "--warm-workers", 1)
        self.cgroup = cgroup

    def command(self):
        return ["/bin/sh", "-c", ENTER, str(self.cgroup), *super().command()]


@unittest.skipIf(os.geteuid() != 0 or not MOUNTS or not os.access(MOUNTS[0], os.W_OK), "needs root and cgroups, version 2")
class Cgroup(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        root = pathlib.Path(MOUNTS[0])
        self.cgroup = root / f"modlab-test-{os.getpid()}"
        self.cgroup.mkdir()
        self.__class__.home = Home()
        self.__class__.daemon = CgroupDaemon(self.home, self.cgroup)
        self.addCleanup(self.remove)

    def remove(self):
        self.clean_up()
        for folder, _, _ in os.walk(self.cgroup, topdown=False):
            wait_until(lambda: not (pathlib.Path(folder) / "cgroup.procs").read_text(), "its processes are gone")
            os.rmdir(folder)

    def delegate(self):
        os.setxattr(self.cgroup, "user.delegate", b"1")

    def controllers(self):
        there = (self.cgroup / "cgroup.controllers").read_text().split()
        return [name for name in CONTROLLERS if name in there]

    def level(self):
        return f"cgroup ({', '.join(self.controllers())})" if self.controllers() else "cgroup"

    def sandbox(self):
        return self.server.GetServer(server_pb2.GetServerRequest()).sandbox

    def workers(self):
        return wait_until(lambda: processes.running("modlab-worker"), "there is a worker")

    def cgroups_of_workers(self):
        return sorted(path.name for path in self.cgroup.glob("worker-*"))

    def with_a_stopped_worker(self, create):
        """The name of a job, as `create` returns it, that runs but for its worker, whose cgroup has its limits; the worker."""
        (worker,) = wait_until(lambda: len(self.workers()) == 1 and self.workers(), "there is one worker")
        waits = pathlib.Path(f"/proc/{worker}/wchan")
        wait_until(lambda: "pipe_read" in waits.read_text(), "it is warm: it waits for its job")
        os.kill(worker, signal.SIGSTOP)
        job = create()
        wait_until(lambda: self.get(job).state == job_pb2.Job.RUNNING, "the job runs")
        for name in self.controllers():
            limit = in_cgroup(worker) / CONTROLLERS[name]
            wait_until(lambda: not limit.read_text().startswith("max"), f"{limit.name} is set")
        wait_until(lambda: processes.sleeps(processes.parent(worker)), "the supervisor has passed the job on")
        return job, worker

    def test_a_worker_has_its_own_and_the_daemon_another(self):
        self.delegate()
        self.start_daemon()
        self.assertTrue(self.sandbox().endswith(self.level()), self.sandbox())
        (worker,) = self.workers()
        supervisor = processes.parent(worker)
        self.assertEqual(in_cgroup(worker), self.cgroup / f"worker-{supervisor}")
        for pid in (supervisor, self.daemon.process.pid):
            self.assertEqual(in_cgroup(pid), self.cgroup / "daemon")
        self.assertEqual((self.cgroup / "cgroup.procs").read_text(), "")

        spec = score_spec(self.push(DIGITS), clusters=2)
        job, worker = self.with_a_stopped_worker(lambda: self.create(spec).name)
        cgroup = in_cgroup(worker)
        os.kill(worker, signal.SIGCONT)
        job = self.finish(job)
        self.assertEqual(job.state, job_pb2.Job.SUCCEEDED, job.error)
        self.assertTrue(job.attempts[0].sandbox.endswith(self.level()), job.attempts[0].sandbox)
        wait_until(lambda: not cgroup.exists(), "the worker's cgroup is removed")

    def test_the_kernel_holds_a_worker_to_its_memory_when_its_supervisor_does_not_look(self):
        if "memory" not in self.controllers():
            self.skipTest("needs the controller of memory in version 2")
        self.delegate()
        self.start_daemon()
        upload = self.upload((FIXTURES / "huge_allocation.pt").read_bytes())
        request = model_pb2.CreateModelRequest(upload=upload.name, resources=access_pb2.Resources(memory_bytes=1 << 30))
        job, worker = self.with_a_stopped_worker(lambda: self.models.CreateModel(request).inspect_job)
        supervisor = processes.parent(worker)
        os.kill(supervisor, signal.SIGSTOP)
        os.kill(worker, signal.SIGCONT)
        wait_until(lambda: worker not in processes.descendants(), "the kernel kills the worker")
        os.kill(supervisor, signal.SIGCONT)
        job = self.finish(job)
        self.assertEqual(job.state, job_pb2.Job.FAILED)
        self.assertEqual(job.error.reason, error_pb2.MEMORY_LIMIT, job.error)
        # The worker's own limit, which is higher, would have said otherwise.
        self.assertIn("the job used more than its 1024 MiB", job.error.message)

    def test_what_dead_supervisors_left_is_removed_and_the_same_cgroup_serves_again(self):
        self.delegate()
        self.start_daemon()
        (worker,) = self.workers()
        supervisor = processes.parent(worker)
        os.kill(supervisor, signal.SIGSTOP)  # or it would leave with the daemon
        self.daemon.kill()
        processes.kill(supervisor)
        wait_until(lambda: not pathlib.Path(f"/proc/{supervisor}").exists(), "the supervisor is gone")
        wait_until(lambda: not (self.cgroup / f"worker-{supervisor}/cgroup.procs").read_text(), "so is the worker")
        self.assertEqual(self.cgroups_of_workers(), [f"worker-{supervisor}"])
        # The kernel lets nobody into a cgroup whose children have controllers; the unit switches them off, too.
        for name in self.controllers():
            (self.cgroup / "cgroup.subtree_control").write_text(f"-{name}")
        self.start_daemon()
        (worker,) = self.workers()
        self.assertEqual(self.cgroups_of_workers(), [f"worker-{processes.parent(worker)}"])
        self.assertTrue(self.sandbox().endswith(self.level()), self.sandbox())

    def test_one_that_is_not_delegated_is_left_alone(self):
        self.start_daemon()
        self.assertNotIn("cgroup", self.sandbox())
        self.assertEqual(in_cgroup(self.daemon.process.pid), self.cgroup)

    def test_one_with_others_in_it_is_left_alone(self):
        self.delegate()
        other = processes.Process(["/bin/sh", "-c", ENTER, str(self.cgroup), "sleep", "1000"])
        self.start_daemon()
        self.assertNotIn("cgroup", self.sandbox())
        self.assertEqual(in_cgroup(other.pid), self.cgroup)
        self.assertEqual(in_cgroup(self.daemon.process.pid), self.cgroup)
        other.kill()
        other.wait()


if __name__ == "__main__":
    unittest.main()
