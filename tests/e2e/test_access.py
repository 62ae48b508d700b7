"""TCP with TLS: who gets in, and what they see and may do there."""

import hashlib
import pathlib
import socket
import ssl
import subprocess
import time
import unittest

import grpc
from modlab.v1 import access_pb2, error_pb2, job_pb2, job_pb2_grpc, model_pb2, model_pb2_grpc
from modlab.v1 import server_pb2, server_pb2_grpc, upload_pb2, upload_pb2_grpc

import processes
from harness import BIN, DIGITS, FIXTURES, PATIENCE, chunks, model_with, score_spec, wait_until
from over_tls import TlsTest

Job = job_pb2.Job
USERS = {"ada": "admin", "bob": "user", "dan": "user", "eve": "reader"}


class Caller:
    """The services as one user calls them."""

    def __init__(self, target, credentials):
        self.channel = grpc.secure_channel(target, credentials)
        self.jobs = job_pb2_grpc.JobServiceStub(self.channel)
        self.models = model_pb2_grpc.ModelServiceStub(self.channel)
        self.uploads = upload_pb2_grpc.UploadServiceStub(self.channel)
        self.server = server_pb2_grpc.ServerServiceStub(self.channel)


class Access(TlsTest):
    users = USERS

    @classmethod
    def make_home(cls, add_cleanup):
        super().make_home(add_cleanup)
        for user in ("bob", "mallory"):
            cls.certify("--user", user)
        cls.daemon.options += ("--tls-client-ca", cls.tls / "ca.pem", "--workers", 2)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.callers = {user: Caller(cls.target, cls.credentials(token)) for user, token in cls.tokens.items()}

    def as_user(self, user, *arguments, **options):
        return self.modlab("--ca", self.tls / "ca.pem", "--token-file", self.token_files[user], *arguments,
                           server=self.target, **options)

    def assert_not_let_in(self, credentials):
        caller = Caller(self.target, credentials)
        with self.assert_refused(grpc.StatusCode.UNAUTHENTICATED, error_pb2.UNAUTHENTICATED):
            caller.server.GetServer(server_pb2.GetServerRequest())
        with self.assert_refused(grpc.StatusCode.UNAUTHENTICATED, error_pb2.UNAUTHENTICATED):
            list(caller.jobs.WatchJob(job_pb2.WatchJobRequest(name="jobs/aaaaaaaaaaaa")))
        with self.assert_refused(grpc.StatusCode.UNAUTHENTICATED, error_pb2.UNAUTHENTICATED):
            caller.uploads.WriteUpload(chunks("uploads/aaaaaaaaaaaa", b"x"))
        with self.assert_refused(grpc.StatusCode.UNAUTHENTICATED, error_pb2.UNAUTHENTICATED):
            list(caller.models.DownloadModel(model_pb2.DownloadModelRequest(name="models/aaaaaaaaaaaa")))

    def push_as(self, user, content):
        caller = self.callers[user]
        upload = caller.uploads.CreateUpload(upload_pb2.CreateUploadRequest(upload=upload_pb2.Upload(
            size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())))
        if upload.state != upload_pb2.Upload.COMPLETE:
            upload = caller.uploads.WriteUpload(chunks(upload.name, content, upload.committed_bytes))
        model = caller.models.CreateModel(model_pb2.CreateModelRequest(upload=upload.name))
        for _ in caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=model.inspect_job)):
            pass
        return model

    # --- Getting in.

    def test_tokens_say_who_one_is(self):
        for user, role in USERS.items():
            server = self.callers[user].server.GetServer(server_pb2.GetServerRequest())
            self.assertEqual((server.user, access_pb2.Role.Name(server.role)), (user, role.upper()))

    def test_a_certificate_says_who_one_is(self):
        caller = Caller(self.target, self.credentials(user="bob"))
        self.assertEqual(caller.server.GetServer(server_pb2.GetServerRequest()).user, "bob")

    def test_a_token_goes_before_a_certificate(self):
        caller = Caller(self.target, self.credentials(self.tokens["eve"], user="bob"))
        self.assertEqual(caller.server.GetServer(server_pb2.GetServerRequest()).user, "eve")

    def test_the_socket_is_the_operators(self):
        server = self.server.GetServer(server_pb2.GetServerRequest())
        self.assertEqual(server.role, access_pb2.ADMIN)

    def test_without_or_with_wrong_tokens(self):
        token = self.tokens["bob"]
        for wrong in (None, "x", "modlab_aaaaaaaaaaaa_" + "0" * 64, token[:-1], token + "0", token.upper()):
            self.assert_not_let_in(self.credentials(wrong))

    def test_a_certificate_of_nobody_here(self):
        self.assert_not_let_in(self.credentials(user="mallory"))

    def test_revoked_and_expired(self):
        token = self.modlabd("token", "create", "bob", "--expires", "12h").strip()
        caller = Caller(self.target, self.credentials(token))
        self.assertEqual(caller.server.GetServer(server_pb2.GetServerRequest()).user, "bob")
        listed = self.modlabd("token", "list")
        token_id = token.split("_")[1]
        self.assertIn(token_id, listed)
        self.assertNotIn(token.split("_")[2], listed)
        self.modlabd("token", "revoke", token_id)
        self.assert_not_let_in(self.credentials(token))
        self.assertIn("there is no token", self.modlabd("token", "revoke", token_id, code=1))

    def test_an_upload_that_is_under_way_when_its_token_is_revoked(self):
        token = self.modlabd("token", "create", "bob").strip()
        caller = Caller(self.target, self.credentials(token))
        content = model_with("half of it by a stranger")
        upload = caller.uploads.CreateUpload(upload_pb2.CreateUploadRequest(upload=upload_pb2.Upload(
            size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())))

        def halves():
            parts = list(chunks(upload.name, content, size=len(content) // 2 + 1))
            yield parts[0]
            self.modlabd("token", "revoke", token.split("_")[1])
            time.sleep(1.5)
            yield parts[1]

        with self.assertRaises(grpc.RpcError) as caught:
            caller.uploads.WriteUpload(halves(), timeout=PATIENCE)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    def test_a_client_comes_back_to_a_server_that_was_away_for_a_while(self):
        upload = self.upload((FIXTURES / "endless_forward.pt").read_bytes())
        job = self.models.CreateModel(model_pb2.CreateModelRequest(upload=upload.name)).inspect_job
        self.wait_for_state(job, Job.RUNNING)
        watching = self.start_modlab("--ca", self.tls / "ca.pem", "--token-file", self.token_files["ada"], "job", "watch",
                                     job, "-o", "jsonl", server=self.target)
        self.assertIn("sequence", watching.stdout.readline())
        self.daemon.kill()
        time.sleep(5)  # until its attempts are seconds apart, and fail at once
        self.start_daemon()
        self.cancel(job)
        _, err = self.end_of(watching, code=1)
        self.assertIn("lost the server", err)

    def test_a_removed_user(self):
        self.modlabd("user", "add", "gone")
        token = self.modlabd("token", "create", "gone").strip()
        self.modlabd("user", "remove", "gone")
        self.assert_not_let_in(self.credentials(token))

    def test_adding_a_user_again_changes_what_is_given_and_nothing_else(self):
        def add(*options, code=0):
            return self.modlabd("user", "add", "zoe", *options, code=code)

        self.assertIn("added as reader; running 4", add("--role", "reader", "--running", "4"))
        self.assertIn("as before", add())
        self.assertIn("storage 1048576", add("--storage", "1MiB"))
        self.assertRegex(self.modlabd("user", "list"), r"(?m)^zoe +reader +4 +- +1048576 ")
        self.assertIn("role admin, was reader", add("--role", "admin"))
        self.assertIn("running -, was 4", add("--running", "default", "--queued", "0"))
        self.assertRegex(self.modlabd("user", "list"), r"(?m)^zoe +admin +- +no limit +1048576 ")
        for options in (("--running", "-1"), ("--queued", "some"), ("--running", "1000001"), ("--storage", "1XB")):
            add(*options, code=2)
        self.modlabd("user", "remove", "zoe")

    def test_plain_text_and_wrong_authorities(self):
        other = self.home.path / "other"
        self.certify("localhost", folder=other)
        for channel in (grpc.insecure_channel(self.target),
                        grpc.secure_channel(self.target, self.credentials(self.tokens["bob"], ca=other / "ca.pem"))):
            with self.assertRaises(grpc.RpcError) as caught:
                server_pb2_grpc.ServerServiceStub(channel).GetServer(server_pb2.GetServerRequest(), timeout=10)
            self.assertIn(caught.exception.code(), (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
        self.modlab("--insecure", "server", "status", server=self.target, code=5)
        for options in ([], ["--ca", other / "ca.pem"]):
            _, err = self.modlab(*options, "server", "status", server=self.target, code=5)
            self.assertIn("--ca", err)

    def test_a_renewed_certificate_is_used_without_a_restart(self):
        def served():
            context = ssl.create_default_context(cafile=self.tls / "ca.pem")
            with socket.create_connection(("127.0.0.1", self.port)) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as secure:
                return secure.getpeercert()["serialNumber"]
        before = served()
        self.certify("localhost", "127.0.0.1")
        wait_until(lambda: served() != before, "the new certificate is served")
        self.as_user("bob", "server", "status")

    # --- Once in.

    def test_what_others_have_does_not_exist(self):
        model = self.push_as("bob", model_with("bob's"))
        bob, dan, eve, ada = (self.callers[user] for user in ("bob", "dan", "eve", "ada"))
        job = bob.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=score_spec(model)), request_id="same"))
        for _ in bob.jobs.WatchJob(job_pb2.WatchJobRequest(name=job.name)):
            pass
        calls = (
            lambda who: who.models.GetModel(model_pb2.GetModelRequest(name=model.name)),
            lambda who: list(who.models.DownloadModel(model_pb2.DownloadModelRequest(name=model.name))),
            lambda who: who.models.DeleteModel(model_pb2.DeleteModelRequest(name=model.name)),
            lambda who: who.jobs.GetJob(job_pb2.GetJobRequest(name=job.name)),
            lambda who: list(who.jobs.WatchJob(job_pb2.WatchJobRequest(name=job.name))),
            lambda who: who.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name)),
            lambda who: who.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=job.name)),
            lambda who: who.jobs.ListArtifacts(job_pb2.ListArtifactsRequest(job=job.name)),
            lambda who: list(who.jobs.DownloadArtifact(job_pb2.DownloadArtifactRequest(job=job.name, artifact="x"))))
        for call in calls:
            for who in (dan, eve):
                with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
                    call(who)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
            dan.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=score_spec(model))))
        for who in (dan, eve):
            self.assertNotIn(model.name, [m.name for m in who.models.ListModels(model_pb2.ListModelsRequest()).models])
            self.assertNotIn(job.name, [j.name for j in who.jobs.ListJobs(job_pb2.ListJobsRequest()).jobs])
        self.assertEqual(ada.jobs.GetJob(job_pb2.GetJobRequest(name=job.name)).owner, "bob")
        self.assertIn(job.name, [j.name for j in ada.jobs.ListJobs(job_pb2.ListJobsRequest()).jobs])
        self.assertIn(model.name, [m.name for m in ada.models.ListModels(model_pb2.ListModelsRequest()).models])

    def test_sharing(self):
        model = self.push_as("bob", model_with("to be shared"))
        bob, dan, eve = (self.callers[user] for user in ("bob", "dan", "eve"))
        job = bob.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=score_spec(model), shared_with=["eve"])))
        read_model = lambda who: who.models.GetModel(model_pb2.GetModelRequest(name=model.name))
        read_job = lambda who: who.jobs.GetJob(job_pb2.GetJobRequest(name=job.name))
        listed = lambda who: model.name in [m.name for m in who.models.ListModels(model_pb2.ListModelsRequest()).models]
        share = lambda who, **fields: who.models.ShareModel(access_pb2.ShareRequest(name=model.name, **fields))
        self.assertEqual(list(read_job(eve).shared_with), ["eve"])
        for call in (read_model, read_job, share):
            with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
                call(dan)
        # With one, with everyone, with nobody again.
        for fields, those in (({"shared_with": ["dan"]}, {dan}), ({"sharing": access_pb2.EVERYONE}, {dan, eve}), ({}, set())):
            share(bob, **fields)
            for who in (dan, eve):
                self.assertEqual(listed(who), who in those)
                if who in those:
                    self.assertEqual(read_model(who).owner, "bob")
                else:
                    with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
                        read_model(who)
        # Who may read may score it, and nothing else; the job is theirs.
        share(bob, shared_with=["dan", "eve"])
        theirs = dan.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=score_spec(model))))
        self.assertEqual(theirs.owner, "dan")
        for call in (lambda: dan.models.DeleteModel(model_pb2.DeleteModelRequest(name=model.name)),
                     lambda: share(dan, sharing=access_pb2.EVERYONE),
                     lambda: eve.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name)),
                     lambda: eve.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=job.name)),
                     lambda: eve.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=score_spec(model))))):
            with self.assert_refused(grpc.StatusCode.PERMISSION_DENIED, error_pb2.PERMISSION_REFUSED):
                call()
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "shared_with"):
            share(bob, shared_with=["nobody"])
        # What a shared job makes is not shared with it.
        spec = job_pb2.JobSpec(seed=1)
        spec.build.input_shape.append(2)
        spec.build.layers.add().linear.outputs = 3
        build = bob.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=spec, sharing=access_pb2.EVERYONE)))
        built = wait_until(lambda: eve.jobs.GetJob(job_pb2.GetJobRequest(name=build.name)).result.build.model, "it is built")
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
            eve.models.GetModel(model_pb2.GetModelRequest(name=built))
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "job.shared_with"):
            bob.jobs.CreateJob(job_pb2.CreateJobRequest(job=Job(spec=score_spec(model), shared_with=["nobody"])))

    def test_sharing_from_the_shell(self):
        path = self.home.path / "shared.pt"
        path.write_bytes(model_with("shared from the shell"))
        model = self.as_user("bob", "model", "push", path, "-q", "--share", "dan")[0].strip()
        self.assertRegex(self.as_user("dan", "model", "show", model)[0], r"(?m)^owner +bob\nshared +with dan$")
        job = self.as_user("dan", "score", model, "--restarts", 2, "-q", "--share", "everyone")[0].strip()
        self.assertRegex(self.as_user("eve", "job", "show", job)[0], r"(?m)^shared +with everyone$")
        self.as_user("dan", "job", "share", job, "--private")
        self.as_user("eve", "job", "show", job, code=3)
        self.as_user("dan", "job", "share", job, code=2)
        self.as_user("eve", "model", "show", model, code=3)
        self.as_user("bob", "model", "share", model, "--with", "everyone")
        self.as_user("eve", "model", "show", model)
        _, err = self.as_user("bob", "model", "share", model, "--with", "nobody", code=6)
        self.assertIn("nobody", err)

    def test_content_of_others_cannot_be_claimed_by_its_digest(self):
        content = model_with("bob's own")
        self.push_as("bob", content)
        upload = self.callers["dan"].uploads.CreateUpload(upload_pb2.CreateUploadRequest(upload=upload_pb2.Upload(
            size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())))
        self.assertEqual(upload.state, upload_pb2.Upload.ACTIVE)
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.UPLOAD_INCOMPLETE):
            self.callers["dan"].models.CreateModel(model_pb2.CreateModelRequest(upload=upload.name))
        for verb in (self.callers["eve"].uploads.GetUpload, self.callers["bob"].uploads.GetUpload):
            with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
                verb(upload_pb2.GetUploadRequest(name=upload.name))

    def test_the_same_request_id_of_two_users(self):
        names = set()
        for user in ("bob", "dan"):
            model = self.push_as(user, model_with("of " + user))
            request = job_pb2.CreateJobRequest(job=Job(spec=score_spec(model)), request_id="one")
            names |= {self.callers[user].jobs.CreateJob(request).name for _ in range(2)}
        self.assertEqual(len(names), 2)

    def test_readers_change_nothing(self):
        eve = self.callers["eve"]
        for call in (lambda: eve.uploads.CreateUpload(upload_pb2.CreateUploadRequest(
                         upload=upload_pb2.Upload(size_bytes=1, sha256="0" * 64))),
                     lambda: eve.models.CreateModel(model_pb2.CreateModelRequest(upload="uploads/aaaaaaaaaaaa")),
                     lambda: eve.jobs.CreateJob(job_pb2.CreateJobRequest())):
            with self.assert_refused(grpc.StatusCode.PERMISSION_DENIED, error_pb2.PERMISSION_REFUSED):
                call()
        self.assertEqual(list(eve.jobs.ListJobs(job_pb2.ListJobsRequest()).jobs), [])

    def test_only_admins_stop_the_server(self):
        for user in ("bob", "eve"):
            with self.assert_refused(grpc.StatusCode.PERMISSION_DENIED, error_pb2.PERMISSION_REFUSED):
                self.callers[user].server.StopServer(server_pb2.StopServerRequest())
            self.as_user(user, "server", "stop", code=6)

    # --- From the shell.

    def test_a_score_over_tls(self):
        path = self.home.path / "own.pt"
        path.write_bytes(model_with("from the shell"))
        out, _ = self.as_user("bob", "score", path, "-k", 3, "--restarts", 5)
        self.assertIn("Q ", out)
        _, err = self.modlab("--ca", self.tls / "ca.pem", "score", path, server=self.target, code=6)
        self.assertIn("--token-file", err)

    def test_a_server_with_files_that_cannot_be_used_gets_no_name(self):
        open_to_all = self.home.path / "open.token"
        open_to_all.write_text(self.tokens["bob"])
        for option, path, said in (("--token-file", open_to_all, "chmod 600"), ("--ca", "/none.pem", "/none.pem")):
            _, err = self.modlab("server", "add", "wrong", self.target, option, path, server="", code=2)
            self.assertIn(said, err)
        self.assertNotIn("wrong", self.modlab("server", "list", server="")[0])

    def test_servers_with_names(self):
        self.modlab("server", "add", "lab", self.target, "--ca", self.tls / "ca.pem", "--token-file",
                    self.token_files["bob"], server="")
        piped = self.start_modlab("server", "add", "piped", self.target, "--ca", self.tls / "ca.pem", "--token-file", "-",
                                  server="", stdin=subprocess.PIPE)
        piped.stdin.write(self.tokens["dan"] + "\n")
        self.end_of(piped)
        self.modlab("server", "use", "lab", server="")
        self.assertIn("bob, user", self.modlab("server", "status", server="")[0])
        self.assertIn("dan, user", self.modlab("server", "status", server="piped")[0])
        out, _ = self.modlab("server", "list", server="")
        self.assertRegex(out, r"(?m)^\* lab +" + self.target)
        self.modlab("server", "remove", "lab", server="")
        self.assertRegex(self.modlab("server", "list", server="")[0], r"(?m)^\* local ")
        self.modlab("server", "use", "lab", server="", code=2)
        self.modlab("server", "remove", "piped", server="")
        self.assertEqual([path for path in pathlib.Path(self.home.environment["XDG_CONFIG_HOME"]).rglob("*.token")], [])

    def test_files_that_cannot_be_used(self):
        open_file = self.home.path / "open.token"
        open_file.write_text(self.tokens["bob"])
        open_file.chmod(0o644)
        for options, word in ((["--token-file", open_file], "chmod 600"), (["--token-file", "/none"], "/none"),
                              (["--ca", "/none"], "/none"), (["--cert", self.tls / "bob.pem"], "--key")):
            _, err = self.modlab(*options, "server", "status", server=self.target, code=2)
            self.assertIn(word, err)
            self.assertNotIn(self.tokens["bob"], err)

    def test_options_of_the_daemon(self):
        command = [BIN / "modlabd", "--listen", "127.0.0.1:1", "--data-dir", self.home.path / "none"]
        pem, key = self.tls / "server.pem", self.tls / "server.key"
        for options, word in (([], "--tls-cert"), (["--tls-cert", pem], "together"), (["--tls-key", key], "together"),
                              (["--tls-cert", pem, "--tls-key", key, "--insecure"], "exclude"),
                              (["--tls-cert", "/none", "--tls-key", key], "/none")):
            done = processes.run([*command, *options], PATIENCE)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)
        for arguments, word in ((["user", "add", "A b"], "cannot be"), (["token", "create", "nobody"], "no user"),
                                (["user", "remove", "nobody"], "no user")):
            self.assertIn(word, self.modlabd(*arguments, code=1))
        self.modlabd("user", "add", "x", "--role", "king", code=2)
        done = processes.run([BIN / "modlabd", "user", "list", "--data-dir", "/none"], PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no data directory", done.stderr)

    def test_no_token_is_written_anywhere(self):
        self.as_user("bob", "job", "list")
        self.assert_not_let_in(self.credentials("modlab_aaaaaaaaaaaa_" + "5" * 64))
        kept = {path for path in self.home.path.rglob("*.token")}
        for path in self.home.path.rglob("*"):
            if path.is_file() and path not in kept:
                content = path.read_bytes()
                for token in (*self.tokens.values(), "5" * 64):
                    self.assertNotIn(token.split("_")[-1].encode(), content, path)


if __name__ == "__main__":
    unittest.main()
