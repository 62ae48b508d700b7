"""Nothing acknowledged is lost: kill -9 of any process, SIGTERM, and a next start that takes everything up again."""

import json
import random
import signal
import threading
import time
import unittest

import grpc
from modlab.v1 import error_pb2, job_pb2, server_pb2

import processes
from harness import BIN, DIGITS, ENDED, GONE, FreshDaemonTest, endless_spec, score_spec, wait_until

Job = job_pb2.Job
LONG = 4  # seconds that a job takes which is to be caught while it runs


def workers_with_jobs():
    """Workers that run a job: they have its event log open, which a warm one that waits does not."""
    return [pid for pid in processes.running("modlab-worker") if processes.holds_open(pid, "events.log")]


class Recovery(FreshDaemonTest):
    restarts = 0  # of a long job, once that has been tried out

    def setUp(self):
        super().setUp()
        self.model = self.push(DIGITS)

    def short_job(self, seed=1):
        return self.create(score_spec(self.model, seed=seed)).name

    def long_job(self):
        """Takes about LONG seconds, on a machine of any speed, and ends by itself."""
        return self.create(score_spec(self.model, clusters=40, restarts=self.restarts_of_a_long_job())).name

    def restarts_of_a_long_job(self):
        if not Recovery.restarts:
            trial = 500
            job = self.finish(self.create(score_spec(self.model, clusters=40, restarts=trial)).name)
            (seconds,) = [timing.seconds for timing in job.result.provenance.timings if timing.phase == "cluster"]
            Recovery.restarts = max(trial, min(10000, int(trial * LONG / seconds)))
        return Recovery.restarts

    def endless_job(self):
        """Takes minutes, if it is let."""
        return self.create(endless_spec(self.model)).name

    def wait_for_workers(self, number=1):
        return wait_until(lambda: len(pids := workers_with_jobs()) == number and pids, f"{number} workers run a job")

    def pause(self, *workers):
        """Stops what runs, so that it cannot end before the test goes on with it; `resume` lets it go on."""
        for worker in workers:
            processes.kill(worker, signal.SIGSTOP)

    def resume(self, *workers):
        for worker in workers:
            processes.kill(worker, signal.SIGCONT)

    def collect_events(self, name):
        """Watches a job in a thread across every break. `wait()` of what is returned gives its events."""
        events = []

        def watch():
            while True:
                try:
                    for update in self.watch(name, events[-1].sequence if events else 0):
                        if update.HasField("event"):
                            events.append(update.event)
                        last = update
                    if last.HasField("job") and last.job.state in ENDED:
                        return
                except grpc.RpcError as error:
                    if error.code() not in GONE:
                        raise
                time.sleep(0.05)

        thread = threading.Thread(target=watch)
        thread.start()

        def wait():
            thread.join()
            return events

        return wait

    def assert_ran_once(self, name):
        job = self.finish(name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        # An attempt that was written down, but not handed over before the daemon was killed, never ran.
        ran = [attempt for attempt in job.attempts if "lost at its start" not in attempt.outcome]
        self.assertEqual(len(ran), 1, job.attempts)
        return job

    # --- The daemon.

    def test_killed_while_twenty_jobs_are_queued_and_two_run(self):
        running = [self.long_job() for _ in range(2)]
        workers = self.wait_for_workers(2)
        self.pause(*workers)
        for name in running:
            self.wait_for_state(name, Job.RUNNING)
        queued = [self.short_job(seed) for seed in range(20)]
        collected = [self.collect_events(name) for name in running + queued[:3]]
        watching = self.start_modlab("job", "watch", running[0], "-o", "json")
        printed = [watching.stdout.readline()]  # so it has connected
        self.daemon.kill()
        self.start_daemon()
        self.assertEqual(set(workers_with_jobs()), set(workers))
        self.resume(*workers)
        for name in running + queued:
            self.assert_ran_once(name)
        for name, wait in zip(running + queued[:3], collected):
            events = wait()
            self.assertEqual([event.sequence for event in events], list(range(1, self.get(name).last_sequence + 1)))
        printed += watching.stdout.readlines()
        self.end_of(watching)
        sequences = [json.loads(line)["sequence"] for line in printed]
        self.assertEqual(sequences, list(range(1, self.get(running[0]).last_sequence + 1)))

    def test_finished_jobs_are_intact_after_a_kill(self):
        jobs = [self.finish(self.short_job(seed)) for seed in range(3)]
        self.daemon.kill()
        self.start_daemon()
        for job in jobs:
            self.assertEqual(self.get(job.name), job)

    def test_a_job_that_ends_while_the_daemon_is_down_is_taken_up(self):
        name = self.long_job()
        self.wait_for_workers(1)
        self.daemon.kill()
        wait_until(lambda: not workers_with_jobs(), "the worker has ended")
        self.start_daemon()
        self.assert_ran_once(name)

    def test_terminated_daemon_leaves_running_jobs_to_the_next(self):
        name = self.long_job()
        (worker,) = self.wait_for_workers(1)
        self.pause(worker)
        with self.assertRaises(grpc.RpcError) as caught:
            for number, _ in enumerate(self.watch(name)):
                if number == 0:
                    self.daemon.process.terminate()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.daemon.terminate(), 0)
        self.assertIn(worker, workers_with_jobs())
        self.start_daemon()
        self.resume(worker)
        self.assert_ran_once(name)

    def test_server_stop_leaves_running_jobs(self):
        name = self.endless_job()
        (worker,) = self.wait_for_workers(1)
        self.modlab("server", "stop")
        self.daemon.process.wait()
        self.assertIn(worker, workers_with_jobs())
        self.start_daemon()
        self.assertIn(worker, workers_with_jobs())
        job = self.get(name)
        self.assertEqual(job.state, Job.RUNNING)
        self.assertEqual([attempt.number for attempt in job.attempts], [1])
        self.cancel(name)

    def test_server_stop_with_jobs_puts_them_back(self):
        name = self.endless_job()
        self.wait_for_workers(1)
        self.modlab("server", "stop", "--jobs")
        self.assertEqual(self.daemon.process.wait(), 0)
        wait_until(lambda: not processes.running("modlab-worker"), "no worker is left")
        self.start_daemon()
        self.wait_for_state(name, Job.RUNNING)
        self.wait_for_workers(1)
        job = self.get(name)
        self.assertEqual([attempt.number for attempt in job.attempts], [1, 2])
        self.assertIn("requeued", job.attempts[0].outcome)
        self.cancel(name)

    def test_a_stopping_daemon_takes_no_jobs(self):
        self.endless_job()
        self.wait_for_workers(1)
        self.daemon.process.terminate()
        # From SIGTERM on, a request is refused until the process has gone, and the connection with it.
        def refused():
            try:
                self.short_job()
            except grpc.RpcError as error:
                return error
            return None

        error = wait_until(refused, "no more jobs are taken")
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)

    def test_killed_again_and_again_while_jobs_come(self):
        chance = random.Random(7)
        names = set()
        for number in range(12):
            request = job_pb2.CreateJobRequest(
                job=Job(spec=score_spec(self.model, seed=number)), request_id=f"request {number}")
            killer = None
            if number % 3 == 0:
                killer = threading.Timer(chance.uniform(0, 0.05), self.daemon.kill)
                killer.start()
            while True:
                try:
                    names.add(self.jobs.CreateJob(request).name)
                    break
                except grpc.RpcError as error:
                    self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE, error.details())
                    self.daemon.process.wait()
                    self.start_daemon()
            if killer:
                killer.join()
                if self.daemon.process.poll() is not None:
                    self.start_daemon()
        self.assertEqual(len(names), 12)
        for name in names:
            self.assert_ran_once(name)
        jobs = self.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=1000, kinds=[Job.SCORE])).jobs
        self.assertEqual({job.name for job in jobs}, names)

    def test_a_cancellation_survives_a_kill(self):
        name = self.endless_job()
        self.wait_for_workers(1)
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=name))
        self.daemon.kill()
        self.start_daemon()
        self.assertEqual(self.finish(name).state, Job.CANCELLED)
        wait_until(lambda: not workers_with_jobs(), "the worker has ended")

    def test_a_worker_that_does_not_listen_is_cancelled_soon(self):
        name = self.endless_job()
        self.pause(*self.wait_for_workers(1))
        asked = time.monotonic()
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=name))
        job = self.finish(name)
        self.assertEqual(job.state, Job.CANCELLED)
        self.assertLess(time.monotonic() - asked, 3)
        wait_until(lambda: not workers_with_jobs(), "the worker has ended")

    # --- The worker and the supervisor.

    def test_a_killed_worker_is_tried_again(self):
        name = self.long_job()
        (worker,) = self.wait_for_workers(1)
        processes.kill(worker)
        job = self.finish(name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        self.assertEqual([attempt.number for attempt in job.attempts], [1, 2])
        self.assertIn("signal 9", job.attempts[0].outcome)

    def test_a_worker_killed_three_times_is_lost(self):
        name = self.endless_job()
        killed = set()
        for _ in range(3):
            worker = wait_until(lambda: set(workers_with_jobs()) - killed, "a worker runs").pop()
            processes.kill(worker)
            killed.add(worker)
        job = self.finish(name)
        self.assertEqual((job.state, job.error.reason), (Job.FAILED, error_pb2.LOST))
        self.assertEqual(len(job.attempts), 3)
        self.assertEqual(self.finish(self.short_job()).state, Job.SUCCEEDED)

    def test_a_killed_supervisor_takes_its_worker_along(self):
        name = self.long_job()
        (worker,) = self.wait_for_workers(1)
        processes.kill(processes.parent(worker))
        wait_until(lambda: worker not in workers_with_jobs(), "the worker has ended with its supervisor")
        job = self.finish(name)
        self.assertEqual(job.state, Job.SUCCEEDED, job.error)
        self.assertEqual([attempt.number for attempt in job.attempts], [1, 2])

    def test_waiting_workers_take_jobs_of_any_number_of_threads(self):
        waiting = wait_until(lambda: processes.running("modlab-worker"), "workers are warm")
        spec = endless_spec(self.model)
        spec.resources.threads = 2
        name = self.create(spec).name
        (worker,) = self.wait_for_workers(1)
        self.assertIn(worker, waiting)
        self.cancel(name)

    def test_ended_processes_are_let_go(self):
        for seed in range(3):
            self.finish(self.short_job(seed))
        wait_until(lambda: not processes.unreaped_children(self.daemon.process.pid), "no supervisor is a zombie")

    def test_killed_warm_workers_are_replaced(self):
        for program in ("modlab-worker", "modlab-supervisor"):
            warm = wait_until(lambda: processes.running(program), "workers are warm")
            for pid in warm:
                processes.kill(pid)
            self.assertEqual(self.finish(self.short_job()).state, Job.SUCCEEDED)

    def test_jobs_wait_while_no_process_can_be_started(self):
        supervisor = self.home.path / "supervisor"
        supervisor.symlink_to(BIN / "modlab-supervisor")
        self.daemon.terminate()
        self.daemon.options = ("--supervisor", supervisor, "--warm-workers", 0)
        self.daemon.start()
        supervisor.unlink()
        names = [self.short_job(), self.short_job(2)]
        wait_until(lambda: "cannot start its supervisor" in self.get(names[0]).waiting_for, "the job says why it waits")
        supervisor.symlink_to(BIN / "modlab-supervisor")
        for name in names:
            job = self.finish(name)
            self.assertEqual((job.state, len(job.attempts)), (Job.SUCCEEDED, 1))

    def test_all_killed_at_once_as_by_a_power_cut(self):
        names = [self.long_job(), self.long_job(), self.short_job()]
        self.wait_for_workers(2)
        self.daemon.kill()
        processes.kill_all()
        self.start_daemon()
        for name in names:
            self.assertEqual(self.finish(name).state, Job.SUCCEEDED)
        self.assertEqual([len(self.get(name).attempts) for name in names], [2, 2, 1])
        events = [update.event for update in self.watch(names[0]) if update.HasField("event")]
        self.assertEqual([event.sequence for event in events], list(range(1, self.get(names[0]).last_sequence + 1)))

    def test_supervisors_killed_while_the_daemon_is_down(self):
        name = self.long_job()
        (worker,) = self.wait_for_workers(1)
        self.daemon.kill()
        processes.kill(processes.parent(worker))
        self.start_daemon()
        self.assertEqual(self.finish(name).state, Job.SUCCEEDED)
        self.assertEqual(len(self.get(name).attempts), 2)


if __name__ == "__main__":
    unittest.main()
