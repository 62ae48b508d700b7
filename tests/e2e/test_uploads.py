"""Bytes come whole or not at all: resumed where they broke off, verified, refused with a reason."""

import hashlib
import threading
import unittest

import grpc
from modlab.v1 import error_pb2, model_pb2, server_pb2, upload_pb2

from harness import EndToEndTest, chunks, model_with, wait_until

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Uploads(EndToEndTest):
    def setUp(self):
        self.content = model_with(self.id())

    def announce(self, size=None, sha256=None, **fields):
        return self.uploads.CreateUpload(upload_pb2.CreateUploadRequest(
            upload=upload_pb2.Upload(
                size_bytes=len(self.content) if size is None else size,
                sha256=digest(self.content) if sha256 is None else sha256),
            **fields))

    def get_upload(self, name):
        return self.uploads.GetUpload(upload_pb2.GetUploadRequest(name=name))

    def write_and_break(self, name, end):
        """Sends the first `end` bytes, then breaks the stream once the server has some of them."""
        broken = threading.Event()

        def stalled():
            yield from chunks(name, self.content[:end], size=1024)
            broken.wait()

        call = self.uploads.WriteUpload.future(stalled())
        wait_until(lambda: self.get_upload(name).committed_bytes > 0, "bytes have come")
        call.cancel()
        broken.set()

    def create_model(self, upload, **fields):
        return self.models.CreateModel(model_pb2.CreateModelRequest(
            model=model_pb2.Model(display_name="m"), upload=upload.name, **fields))

    def test_broken_off_and_resumed(self):
        upload = self.announce()
        self.write_and_break(upload.name, len(self.content) // 2)
        half = self.get_upload(upload.name)
        self.assertEqual(half.state, upload_pb2.Upload.ACTIVE)
        self.assertLessEqual(half.committed_bytes, len(self.content) // 2)
        whole = self.uploads.WriteUpload(chunks(upload.name, self.content, half.committed_bytes))
        self.assertEqual(whole.state, upload_pb2.Upload.COMPLETE)
        self.assertEqual(whole.committed_bytes, len(self.content))

    def test_resumed_after_the_daemon_was_killed(self):
        upload = self.announce()
        self.write_and_break(upload.name, len(self.content) // 2)
        committed = self.get_upload(upload.name).committed_bytes
        self.daemon.kill()
        self.start_daemon()
        half = self.get_upload(upload.name)
        self.assertGreaterEqual(half.committed_bytes, committed)
        whole = self.uploads.WriteUpload(chunks(upload.name, self.content, half.committed_bytes))
        self.assertEqual(whole.state, upload_pb2.Upload.COMPLETE)

    def test_closed_early_stays_active(self):
        upload = self.announce()
        part = self.uploads.WriteUpload(chunks(upload.name, self.content[:1000]))
        self.assertEqual((part.state, part.committed_bytes), (upload_pb2.Upload.ACTIVE, 1000))
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.UPLOAD_INCOMPLETE):
            self.create_model(upload)

    def test_a_gap_is_refused_with_the_place_to_go_on(self):
        upload = self.announce()
        self.uploads.WriteUpload(chunks(upload.name, self.content[:1000]))
        for offset in (0, 999, 1001):
            with self.assert_refused(grpc.StatusCode.ABORTED, error_pb2.UPLOAD_OFFSET_MISMATCH) as detail:
                self.uploads.WriteUpload(chunks(upload.name, self.content, offset))
            self.assertEqual(detail.metadata["committed_bytes"], "1000")

    def test_a_wrong_digest_discards_the_upload(self):
        upload = self.announce(sha256=digest(b"another"))
        with self.assert_refused(INVALID, error_pb2.DIGEST_MISMATCH):
            self.uploads.WriteUpload(chunks(upload.name, self.content))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
            self.get_upload(upload.name)

    def test_more_than_announced_is_refused(self):
        upload = self.announce(size=len(self.content) - 1)
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID):
            self.uploads.WriteUpload(chunks(upload.name, self.content))

    def test_nonsense_is_refused_before_any_byte(self):
        limit = self.server.GetServer(server_pb2.GetServerRequest()).limits
        for field, arguments in {
            "upload.size_bytes": {"size": 0},
            "upload.sha256": {"sha256": "abc"},
        }.items():
            with self.subTest(field), self.assertRaises(grpc.RpcError) as caught:
                self.announce(**arguments)
            self.assertEqual(caught.exception.code(), INVALID)
        with self.assert_refused(INVALID, error_pb2.FIELD_INVALID, "upload.sha256"):
            self.announce(sha256=digest(self.content).upper())
        with self.assert_refused(grpc.StatusCode.RESOURCE_EXHAUSTED, error_pb2.LIMIT_EXCEEDED) as detail:
            self.announce(size=limit.upload_bytes + 1)
        self.assertEqual(detail.metadata["limit"], str(limit.upload_bytes))

    def test_known_content_needs_no_bytes(self):
        first = self.upload(self.content)
        self.create_model(first)
        again = self.announce()
        self.assertEqual(again.state, upload_pb2.Upload.COMPLETE)
        self.assertEqual(again.committed_bytes, len(self.content))

    def test_a_given_up_upload_is_gone(self):
        upload = self.announce()
        self.uploads.WriteUpload(chunks(upload.name, self.content[:1000]))
        self.uploads.DeleteUpload(upload_pb2.DeleteUploadRequest(name=upload.name))
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
            self.get_upload(upload.name)
        with self.assert_refused(grpc.StatusCode.NOT_FOUND, error_pb2.RESOURCE_NOT_FOUND):
            self.uploads.WriteUpload(chunks(upload.name, self.content))

    def test_same_request_gives_the_same_upload(self):
        first = self.announce(request_id="upload")
        self.assertEqual(self.announce(request_id="upload").name, first.name)
        with self.assert_refused(grpc.StatusCode.ALREADY_EXISTS, error_pb2.REQUEST_ID_REUSED):
            self.announce(size=1, request_id="upload")

    def test_a_model_may_be_checked_without_being_made(self):
        upload = self.upload(self.content)
        before = len(self.models.ListModels(model_pb2.ListModelsRequest()).models)
        model = self.create_model(upload, validate_only=True)
        self.assertEqual(model.name, "")
        self.assertEqual(model.sha256, digest(self.content))
        self.assertEqual(len(self.models.ListModels(model_pb2.ListModelsRequest()).models), before)

    def test_two_uploads_of_the_same_content_at_once(self):
        first, second = self.announce(), self.announce()
        writers = [chunks(upload.name, self.content, size=1000) for upload in (first, second)]
        calls = [self.uploads.WriteUpload.future(writer) for writer in writers]
        for call in calls:
            self.assertEqual(call.result().state, upload_pb2.Upload.COMPLETE)
        self.assertEqual(self.create_model(first).name, self.create_model(second).name)

    def test_content_in_single_bytes(self):
        content = self.content[:3000]
        upload = self.announce(size=len(content), sha256=digest(content))
        whole = self.uploads.WriteUpload(chunks(upload.name, content, size=1))
        self.assertEqual(whole.state, upload_pb2.Upload.COMPLETE)


if __name__ == "__main__":
    unittest.main()
