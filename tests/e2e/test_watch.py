"""What a watcher sees of a job: every event once and in order, however often the stream breaks."""

import random
import re
import signal
import threading
import unittest

import grpc
from modlab.v1 import error_pb2, job_pb2

from harness import DIGITS, ENDED, EndToEndTest, score_spec

Job = job_pb2.Job


class Watching(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls().push(DIGITS)

    def long_job(self):
        """Takes some seconds, and reports progress all the while."""
        return self.create(score_spec(self.model, clusters=40, restarts=2000)).name

    def events_of(self, updates):
        return [update.event for update in updates if update.HasField("event")]

    def watch_with_breaks(self, name, seed):
        """Watches to the end, cancelling the stream after a few updates each time. Returns all events and the breaks."""
        chance = random.Random(seed)
        events, breaks = [], 0
        while True:
            call = self.watch(name, events[-1].sequence if events else 0)
            # The first update is the job; breaking off right after it, without an event, must lose nothing either.
            left = chance.randint(1, 6)
            first = True
            for update in call:
                if update.HasField("event"):
                    events.append(update.event)
                elif update.HasField("job") and not first:
                    self.assertIn(update.job.state, ENDED)
                    return events, breaks
                first = False
                left -= 1
                if left == 0:
                    call.cancel()
                    breaks += 1
                    break

    def test_broken_off_and_resumed(self):
        name = self.long_job()
        events, breaks = self.watch_with_breaks(name, seed=1)
        job = self.get(name)
        self.assertEqual(job.state, Job.SUCCEEDED)
        self.assertEqual([event.sequence for event in events], list(range(1, job.last_sequence + 1)))
        self.assertEqual(events, self.events_of(self.watch(name)))
        self.assertGreater(breaks, 1)

    def test_many_watchers_see_the_same(self):
        name = self.long_job()
        seen = [None] * 6

        def watch(number):
            if number % 2:
                seen[number] = self.watch_with_breaks(name, seed=number)[0]
            else:
                seen[number] = self.events_of(self.watch(name))

        threads = [threading.Thread(target=watch, args=(number,)) for number in range(len(seen))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for events in seen:
            self.assertEqual(events, seen[0])
        self.assertEqual(len(seen[0]), self.get(name).last_sequence)

    def test_a_stream_tells_a_jobs_whole_story(self):
        name = self.create(score_spec(self.model)).name
        updates = list(self.watch(name))
        self.assertEqual(updates[0].WhichOneof("update"), "job")
        self.assertEqual(updates[-1].job, self.get(name))
        events = self.events_of(updates)
        states = [event.state.state for event in events if event.HasField("state")]
        self.assertEqual(states, [Job.QUEUED, Job.RUNNING, Job.SUCCEEDED])
        phases = [event.progress.phase for event in events if event.HasField("progress")]
        self.assertEqual(list(dict.fromkeys(phases)), ["load", "read", "embed", "cluster", "measure", "export"])
        times = [event.time.ToNanoseconds() for event in events if event.HasField("state")]
        self.assertEqual(times, sorted(times))

    def test_an_ended_jobs_stream_closes_by_itself(self):
        job = self.finish(self.create(score_spec(self.model)).name)
        self.assertEqual(self.events_of(self.watch(job.name, after=job.last_sequence)), [])
        middle = job.last_sequence // 2
        events = self.events_of(self.watch(job.name, after=middle))
        self.assertEqual([event.sequence for event in events], list(range(middle + 1, job.last_sequence + 1)))

    def test_nonsense_is_refused(self):
        job = self.finish(self.create(score_spec(self.model)).name)
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "after_sequence"):
            list(self.watch(job.name, after=-1))

    def test_a_slow_reader_does_not_hold_up_the_others(self):
        name = self.long_job()
        stalled = self.watch(name)
        next(stalled)
        events = self.events_of(self.watch(name))
        self.assertEqual(len(events), self.get(name).last_sequence)
        self.assertEqual(self.events_of(stalled), events)

    def test_the_client_detaches_on_interrupt_and_comes_back(self):
        process = self.start_modlab("score", DIGITS, "-k", 60, "--restarts", 10000, "--seed", 9, "--nulls", 0)
        said = ""
        while not (found := re.search(r"jobs/(\w+)", said)):
            line = process.stderr.readline()
            self.assertTrue(line, "the client says which job it made")
            said += line
        name = found.group(0)
        process.send_signal(signal.SIGINT)
        _, err = self.end_of(process, 130)
        self.assertIn("modlab job watch", err)
        self.assertIn(found.group(1), err)
        self.assertIn(self.get(name).state, (Job.QUEUED, Job.RUNNING))
        again = self.start_modlab("job", "watch", found.group(1))
        self.cancel(name)
        self.end_of(again, 1)


class Queue(EndToEndTest):
    def test_fifty_jobs_and_two_clients(self):
        model = self.push(DIGITS)
        reference = self.finish(self.create(score_spec(model, seed=0)).name).result.score
        names = [[], []]

        def submit(client):
            for number in range(25):
                seed = str(2 * number + client)
                out, _ = self.modlab("score", DIGITS, "-k", 3, "--restarts", 10, "--seed", seed, "--nulls", 0, "--detach", "-q")
                names[client].append("jobs/" + out.strip().rpartition("/")[2])

        clients = [threading.Thread(target=submit, args=(client,)) for client in range(2)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        every = names[0] + names[1]
        self.assertEqual(len(set(every)), 50)
        for name in every:
            job = self.finish(name)
            self.assertEqual(job.state, Job.SUCCEEDED)
            self.assertEqual(len(job.attempts), 1)
            self.assertEqual(job.result.score.graph, reference.graph)
        # First in, first out: each client's jobs started in the order in which they were made.
        for mine in names:
            starts = [self.get(name).start_time.ToNanoseconds() for name in mine]
            self.assertEqual(starts, sorted(starts))
        same = self.finish(self.create(score_spec(model, seed=0)).name).result.score
        self.assertEqual(same, reference)


if __name__ == "__main__":
    unittest.main()
