"""What the client shows of a queue and of what jobs log, and how it drains a server."""

import json
import signal
import unittest

from modlab.v1 import job_pb2, server_pb2

from harness import DIGITS, FIXTURES, EndToEndTest, FreshDaemonTest, endless_spec, score_spec, wait_until

Job = job_pb2.Job


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Queue(FreshDaemonTest):
    daemon_options = ("--workers", 1)

    def setUp(self):
        super().setUp()
        self.model = self.push(DIGITS)

    def endless_job(self):
        return self.create(endless_spec(self.model)).name

    def running_job(self):
        name = self.endless_job()
        self.wait_for_state(name, Job.RUNNING)
        return name

    def now(self):
        return self.server.GetServer(server_pb2.GetServerRequest())

    def test_turns_and_what_is_waited_for(self):
        names = [self.running_job(), self.endless_job(), self.endless_job()]
        queue = lambda: lines(self.modlab("server", "queue", "-o", "jsonl")[0])
        self.assertEqual([job["name"] for job in queue()], names)
        # Places may be a little older than the jobs.
        wait_until(lambda: [job["queuePosition"] for job in queue()] == [0, 1, 2], "the two that wait have their places")
        ids, _ = self.modlab("server", "queue", "-q")
        self.assertEqual(ids.split(), [name.partition("/")[2] for name in names])
        first, _ = self.modlab("server", "queue", "-q", "--limit", 2)
        self.assertEqual(first.split(), ids.split()[:2])
        table, _ = self.modlab("server", "queue")
        self.assertRegex(table, r"place +job +owner +kind +state +created +waiting for")
        self.assertIn("a free worker", table)
        listed, _ = self.modlab("job", "list")
        self.assertRegex(listed, rf"(?m)^ *{ids.split()[1]} +score +queued +1 .* a free worker$")
        shown, _ = self.modlab("job", "show", ids.split()[2])
        self.assertRegex(shown, r"(?m)^place +2 in the queue$")
        self.assertEqual([job["name"] for job in self.modlab_json("server", "queue")["jobs"]], names)

    def test_draining_and_back(self):
        running = self.running_job()
        status, _ = self.modlab("server", "drain", "--message", "new disks")
        self.assertRegex(status, r"modlab server \S+, draining\n")
        waiting = self.create(score_spec(self.model)).name
        self.cancel(running)
        wait_until(lambda: "new disks" in self.get(waiting).waiting_for, "the job says why it waits")
        status, _ = self.modlab("server", "status")
        self.assertRegex(status, r"(?m)^paused .*new disks")
        self.assertRegex(status, r"(?m)^disk .* free")
        self.assertRegex(status, r"(?m)^your jobs +0 running, 1 queued$")
        self.assertEqual(self.get(waiting).state, Job.QUEUED)
        self.assertFalse(self.modlab_json("server", "undrain")["draining"])
        self.assertEqual(self.finish(waiting).state, Job.SUCCEEDED)

    def start_waiting_drain(self, *options):
        process = self.start_modlab("server", "drain", "--wait", *options)
        while "1 job still runs" not in process.stderr.readline():
            pass  # until it waits
        return process

    def test_draining_waits_until_no_job_runs(self):
        running = self.running_job()
        process = self.start_waiting_drain()
        self.cancel(running)
        out, _ = self.end_of(process)
        self.assertRegex(out, r"(?m)^jobs +0 running")

    def test_interrupted_draining_goes_on(self):
        self.running_job()
        process = self.start_waiting_drain()
        process.send_signal(signal.SIGINT)
        _, err = self.end_of(process, 130)
        self.assertIn("modlab server undrain", err)
        self.assertTrue(self.now().draining)

    def test_draining_times_out(self):
        self.running_job()
        _, err = self.modlab("server", "drain", "--wait", "--timeout", "0.5s", code=7)
        self.assertIn("1 job still runs", err)
        self.assertTrue(self.now().draining)

    def test_draining_an_idle_server_waits_for_nothing(self):
        self.modlab("server", "drain", "--wait")


class Quotas(EndToEndTest):
    daemon_options = ("--workers", 1, "--user-queued", 1, "--user-running", 1, "--user-storage", "1GiB")

    def test_what_one_may_have_and_what_helps(self):
        status, _ = self.modlab("server", "status")
        self.assertRegex(status, r"(?m)^your jobs +0 of 1 running, 0 of 1 queued$")
        self.assertRegex(status, r"(?m)^your content +\S+ \w+ of 1\.0 GiB$")
        model = self.push(DIGITS)
        self.modlab("server", "drain")
        self.modlab("score", model.name, "--detach", "-q")
        _, err = self.modlab("score", model.name, "--detach", code=6)
        self.assertIn("modlab job list --state queued", err)


class Logs(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls().push(FIXTURES / "dead_units.pt")

    def logged(self, name):
        return [update.event for update in self.watch(name) if update.event.HasField("log")]

    def test_the_lines_that_a_job_logged(self):
        job = self.finish(self.create(score_spec(self.model, clusters=2)).name)
        texts = [event.log.text for event in self.logged(job.name)]
        self.assertTrue(texts, "this model is warned of")
        out, _ = self.modlab("job", "logs", job.name)
        self.assertEqual(out.splitlines(), ["warning: " + text for text in texts])
        followed, _ = self.modlab("job", "logs", job.name, "--follow")
        self.assertEqual(followed, out)
        timed, _ = self.modlab("job", "logs", job.name, "--timestamps")
        self.assertRegex(timed, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  warning: ")
        events, _ = self.modlab("job", "logs", job.name, "-o", "jsonl")
        self.assertEqual([event["log"]["text"] for event in lines(events)], texts)
        errors, _ = self.modlab("job", "logs", job.name, "--severity", "error")
        self.assertEqual(errors, "")
        later, _ = self.modlab("job", "logs", job.name, "--after", job.last_sequence)
        self.assertEqual(later, "")

    def test_a_running_job(self):
        name = self.create(endless_spec(self.push(DIGITS))).name
        self.wait_for_state(name, Job.RUNNING)
        self.modlab("job", "logs", name)  # ends, though the job does not
        follower = self.start_modlab("job", "logs", name, "--follow")
        self.cancel(name)
        _, err = self.end_of(follower, 1)
        self.assertIn("cancelled", err)


if __name__ == "__main__":
    unittest.main()
