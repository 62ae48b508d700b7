"""The protocol's promises to programs: idempotent creates, dry runs, pages, filters, errors, health, reflection."""

import unittest

import grpc
from modlab.v1 import error_pb2, job_pb2, model_pb2, server_pb2

from harness import DIGITS, FIXTURES, EndToEndTest, endless_spec, score_spec

INVALID = grpc.StatusCode.INVALID_ARGUMENT
Job = job_pb2.Job


class Creates(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls().push(DIGITS)

    def request(self, spec=None, **fields):
        return job_pb2.CreateJobRequest(job=Job(spec=spec or score_spec(self.model)), **fields)

    def names(self):
        return [job.name for job in self.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=1000)).jobs]

    def test_same_request_gives_the_first_answer(self):
        first = self.jobs.CreateJob(self.request(request_id="twice"))
        before = self.names()
        self.finish(first.name)
        again = self.jobs.CreateJob(self.request(request_id="twice"))
        self.assertEqual(again.name, first.name)
        self.assertEqual(self.names(), before)

    def test_same_request_after_a_crash_gives_the_first_answer(self):
        first = self.jobs.CreateJob(self.request(request_id="across a crash"))
        self.daemon.kill()
        self.start_daemon()
        self.assertEqual(self.jobs.CreateJob(self.request(request_id="across a crash")).name, first.name)

    def test_another_body_is_refused(self):
        self.jobs.CreateJob(self.request(request_id="body"))
        with self.assert_refused(grpc.StatusCode.ALREADY_EXISTS, error_pb2.REQUEST_ID_REUSED):
            self.jobs.CreateJob(self.request(score_spec(self.model, seed=2), request_id="body"))

    def test_overlong_request_id_is_refused(self):
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "request_id"):
            self.jobs.CreateJob(self.request(request_id="x" * 129))

    def test_a_dry_run_creates_nothing(self):
        before = self.names()
        job = self.jobs.CreateJob(self.request(validate_only=True))
        self.assertEqual(job.name, "")
        self.assertEqual(job.kind, Job.SCORE)
        self.assertEqual(self.names(), before)

    def test_a_dry_run_refuses_what_the_real_one_refuses(self):
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "job.spec.score.partitions[0].spectral.clusters"):
            self.jobs.CreateJob(self.request(score_spec(self.model, clusters=1), validate_only=True))

    def test_a_stored_job_has_every_default_filled_in(self):
        spec = job_pb2.JobSpec()
        spec.score.model = self.model.name
        spec.score.partitions.add().spectral.clusters = 3
        job = self.create(spec)
        server = self.server.GetServer(server_pb2.GetServerRequest())
        self.assertEqual(job.spec.resources, server.default_resources)
        self.assertTrue(job.spec.HasField("seed"))
        self.assertEqual(job.spec.seed, 0)
        self.assertEqual(job.spec.score.resolution, 1)
        self.assertEqual(job.spec.score.partitions[0].spectral.restarts, 100)
        self.assertTrue(job.spec.score.graph.fold_batch_norm)
        self.assertEqual([list(shape.dimensions) for shape in job.spec.score.input_shapes], [[1, 64]])
        self.assertEqual(self.get(job.name).spec, job.spec)

    def test_pushing_the_same_content_gives_the_same_model(self):
        self.assertEqual(self.push(DIGITS).name, self.model.name)

    def test_each_refusal_names_its_field(self):
        refusals = {
            "job.spec": job_pb2.JobSpec(),
            "job.spec.score.model": score_spec(model_pb2.Model()),
            "job.spec.score.partitions[0]": score_spec(self.model),
            "job.spec.score.nulls.samples": score_spec(self.model),
            "job.spec.score.stability_runs": score_spec(self.model),
            "job.spec.score.partitions[0].spectral.restarts": score_spec(self.model, restarts=0),
            "job.spec.score.resolution": score_spec(self.model),
            "job.spec.resources.threads": score_spec(self.model),
            "job.spec.resources.memory_bytes": score_spec(self.model),
            "job.spec.resources.wall_time": score_spec(self.model),
        }
        refusals["job.spec.score.partitions[0]"].score.partitions[0].Clear()
        refusals["job.spec.score.nulls.samples"].score.nulls.samples = -1
        refusals["job.spec.score.stability_runs"].score.stability_runs = 1
        refusals["job.spec.score.resolution"].score.resolution = -1
        refusals["job.spec.resources.threads"].resources.threads = 0
        refusals["job.spec.resources.memory_bytes"].resources.memory_bytes = 0
        refusals["job.spec.resources.wall_time"].resources.wall_time.seconds = -1
        missing = {"job.spec", "job.spec.score.model", "job.spec.score.partitions[0]"}
        for field, spec in refusals.items():
            with self.subTest(field):
                reason = error_pb2.FIELD_MISSING if field in missing else error_pb2.FIELD_INVALID
                with self.assert_refused(INVALID, reason, field):
                    self.create(spec)

    def test_a_priority_out_of_range_is_refused(self):
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "job.priority"):
            self.create(score_spec(self.model), priority=101)

    def test_unknown_names_are_not_found(self):
        calls = {
            "get job": lambda: self.get("jobs/none"),
            "cancel job": lambda: self.jobs.CancelJob(job_pb2.CancelJobRequest(name="jobs/none")),
            "delete job": lambda: self.jobs.DeleteJob(job_pb2.DeleteJobRequest(name="jobs/none")),
            "watch job": lambda: list(self.watch("jobs/none")),
            "list artifacts": lambda: self.jobs.ListArtifacts(job_pb2.ListArtifactsRequest(job="jobs/none")),
            "get model": lambda: self.models.GetModel(model_pb2.GetModelRequest(name="models/none")),
            "delete model": lambda: self.models.DeleteModel(model_pb2.DeleteModelRequest(name="models/none")),
            "download model": lambda: list(self.models.DownloadModel(model_pb2.DownloadModelRequest(name="models/none"))),
            "score": lambda: self.create(score_spec(model_pb2.Model(name="models/none"))),
        }
        for what, call in calls.items():
            with self.subTest(what), self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
                call()

    def test_a_model_in_use_cannot_be_deleted(self):
        job = self.create(endless_spec(self.model))
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.RESOURCE_IN_USE):
            self.models.DeleteModel(model_pb2.DeleteModelRequest(name=self.model.name))
        self.cancel(job.name)

    def test_an_ended_job_cannot_be_cancelled(self):
        job = self.finish(self.create(score_spec(self.model)).name)
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.JOB_ENDED):
            self.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))

    def test_results_survive_their_model(self):
        model = self.push(FIXTURES / "planted.pt")
        job = self.finish(self.create(score_spec(model)).name)
        self.models.DeleteModel(model_pb2.DeleteModelRequest(name=model.name))
        self.assertEqual(self.get(job.name), job)

    def test_a_model_comes_back_as_it_was_pushed(self):
        for offset in (0, 1, self.model.size_bytes):
            answers = self.models.DownloadModel(model_pb2.DownloadModelRequest(name=self.model.name, offset=offset))
            self.assertEqual(b"".join(answer.data for answer in answers), DIGITS.read_bytes()[offset:])
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "offset"):
            list(self.models.DownloadModel(
                model_pb2.DownloadModelRequest(name=self.model.name, offset=self.model.size_bytes + 1)))


class Lists(EndToEndTest):
    """Seven queued jobs behind one that fills the only worker."""

    daemon_options = ("--workers", 1)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        cls.model = test.push(DIGITS, labels={"from": "digits"})
        test.push(FIXTURES / "planted.pt")
        cls.running = test.create(endless_spec(cls.model)).name
        test.wait_for_state(cls.running, Job.RUNNING)
        cls.queued = [test.create(score_spec(cls.model), labels={"number": str(number), "odd": str(number % 2)}).name
                      for number in range(7)]

    def list(self, **fields):
        answer = self.jobs.ListJobs(job_pb2.ListJobsRequest(**fields))
        return [job.name for job in answer.jobs], answer.next_page_token

    def test_newest_first(self):
        names, token = self.list(states=[Job.QUEUED])
        self.assertEqual(names, self.queued[::-1])
        self.assertEqual(token, "")

    def test_pages_cover_everything_once_while_jobs_come(self):
        names, token = self.list(page_size=3, states=[Job.QUEUED])
        self.assertEqual(names, self.queued[:3:-1])
        late = self.create(score_spec(self.model)).name
        try:
            while token:
                page, token = self.list(page_size=3, page_token=token, states=[Job.QUEUED])
                self.assertLessEqual(len(page), 3)
                names += page
            self.assertEqual(names, self.queued[::-1])
        finally:
            self.cancel(late)

    def test_filters(self):
        self.assertEqual(self.list(states=[Job.RUNNING])[0], [self.running])
        self.assertEqual(len(self.list(kinds=[Job.INSPECT])[0]), 2)
        self.assertEqual(self.list(labels={"odd": "1"})[0], self.queued[5::-2])
        self.assertEqual(self.list(labels={"odd": "1", "number": "3"})[0], [self.queued[3]])
        self.assertEqual(self.list(labels={"odd": "0", "number": "3"})[0], [])
        self.assertEqual(
            self.list(kinds=[Job.SCORE], states=[Job.RUNNING, Job.QUEUED])[0], self.queued[::-1] + [self.running])

    def test_filters_of_models(self):
        found = self.models.ListModels(model_pb2.ListModelsRequest(labels={"from": "digits"})).models
        self.assertEqual([model.name for model in found], [self.model.name])
        found = self.models.ListModels(model_pb2.ListModelsRequest(sha256=self.model.sha256)).models
        self.assertEqual([model.name for model in found], [self.model.name])
        first = self.models.ListModels(model_pb2.ListModelsRequest(page_size=1))
        second = self.models.ListModels(model_pb2.ListModelsRequest(page_size=1, page_token=first.next_page_token))
        self.assertEqual(second.models[0].name, self.model.name)
        self.assertEqual(second.next_page_token, "")

    def test_bad_pages_are_refused(self):
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "page_token"):
            self.list(page_token="elsewhere")
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "page_size"):
            self.list(page_size=-1)
        _, token = self.list(page_size=1)
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "page_token"):
            self.list(page_size=1, page_token=token, kinds=[Job.SCORE])

    def test_priority_goes_first(self):
        urgent = self.create(score_spec(self.model), priority=5).name
        queued = [self.create(score_spec(self.model)).name for _ in range(2)]
        blocker = self.create(endless_spec(self.model), priority=4).name
        self.cancel(self.running)
        urgent_job = self.finish(urgent)
        self.wait_for_state(blocker, Job.RUNNING)
        for name in self.queued + queued:
            self.assertEqual(self.get(name).state, Job.QUEUED)
        type(self).running = blocker
        self.assertLess(urgent_job.end_time.ToNanoseconds(), self.get(blocker).start_time.ToNanoseconds())
        for name in queued:
            self.cancel(name)


class Server(EndToEndTest):
    def test_server_says_what_it_is(self):
        server = self.server.GetServer(server_pb2.GetServerRequest())
        self.assertEqual(server.pid, self.daemon.process.pid)
        self.assertEqual(list(server.api_versions), ["modlab.v1"])
        self.assertEqual(
            sorted(server.job_kinds),
            [Job.INSPECT, Job.SCORE, Job.GRAPH, Job.IMPORT, Job.BUILD, Job.TRAIN, Job.COMPOSE])
        self.assertIn("seccomp", server.sandbox)
        self.assertFalse(server.sandbox_insufficient)
        self.assertFalse(server.on_demand)
        self.assertFalse(server.stopping)
        self.assertEqual(server.workers, 2)

    def test_health(self):
        # grpc.health.v1.Health/Check without its stubs: an empty request asks for the whole server, and the answer
        # holds one enum, field 1, where 1 is SERVING.
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        self.assertEqual(check(b""), b"\x08\x01")
        with self.assertRaises(grpc.RpcError) as caught:
            check(b"\x0a\x04none")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_reflection_lists_the_services(self):
        # ServerReflectionRequest{list_services: "*"} is field 7; the names are somewhere in the answer.
        method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
        answer = next(self.channel.stream_stream(method)(iter([b"\x3a\x01*"])))
        for service in ("Job", "Model", "Upload", "Server"):
            self.assertIn(f"modlab.v1.{service}Service".encode(), answer)
        self.assertIn(b"grpc.health.v1.Health", answer)


if __name__ == "__main__":
    unittest.main()
