"""Data sets: what is pushed in any format is checked, described, stored once, and can be had back."""

import gzip
import io
import json
import struct
import unittest

import grpc
import numpy
from modlab.v1 import dataset_pb2, error_pb2, job_pb2

from harness import DATA, EndToEndTest, FreshDaemonTest, wait_until

Dataset = dataset_pb2.Dataset
IMAGES = DATA / "digits-images-idx3-ubyte.gz"
LABELS = DATA / "digits-labels-idx1-ubyte.gz"


def idx_images():
    content = gzip.decompress(IMAGES.read_bytes())
    return numpy.frombuffer(content, dtype=numpy.uint8, offset=16).reshape(struct.unpack(">3I", content[4:16]))


def idx_labels():
    return numpy.frombuffer(gzip.decompress(LABELS.read_bytes()), dtype=numpy.uint8, offset=8)


def npy(array):
    content = io.BytesIO()
    numpy.save(content, array)
    return content.getvalue()


def read_safetensors(content):
    """Arrays by name, by the format's own words: a length, a header in JSON, the data."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    types = {"U8": "u1", "I64": "<i8", "F32": "<f4", "F64": "<f8"}
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            data = content[8 + length + first:8 + length + last]
            arrays[name] = numpy.frombuffer(data, dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return arrays


class Push(EndToEndTest):
    def write(self, name, content):
        path = self.home.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def push_digits(self, name="digits"):
        return self.modlab_json("dataset", "push", name, "--inputs", IMAGES, "--targets", LABELS)

    def test_idx_is_described_and_comes_back_as_safetensors(self):
        dataset = self.push_digits()
        self.assertEqual(dataset["state"], "READY")
        self.assertEqual(dataset["samples"], 1797)
        inputs, labels = dataset["tensors"]
        self.assertEqual((inputs["name"], inputs["shape"], inputs["dtype"]), ("x", [1797, 8, 8], "uint8"))
        self.assertEqual((labels["name"], labels["shape"], labels["classes"]), ("y", [1797], 10))
        images = idx_images()
        self.assertEqual((inputs["least"], inputs["most"]), (images.min(), images.max()))
        self.assertAlmostEqual(inputs["mean"], images.mean(), places=9)
        self.assertAlmostEqual(inputs["sd"], images.std(), places=9)
        self.assertAlmostEqual(dataset["normalization"]["scale"], 1 / 255)

        target = self.home.path / "back.safetensors"
        self.modlab("dataset", "pull", dataset["name"], "--to", target)
        arrays = read_safetensors(target.read_bytes())
        numpy.testing.assert_array_equal(arrays["x"], images)
        numpy.testing.assert_array_equal(arrays["y"], idx_labels())

    def test_the_same_again_is_the_same_data_set(self):
        first = self.push_digits()
        self.assertEqual(self.push_digits("again")["name"], first["name"])
        other = self.modlab_json("dataset", "push", "x", "--inputs", IMAGES, "--targets", LABELS, "--scale", "0.0625")
        self.assertNotEqual(other["name"], first["name"], "a network sees something else")
        self.assertEqual(other["sha256"], first["sha256"], "and the content is stored once")

    def test_formats_give_the_same_numbers(self):
        images = idx_images()[:50].reshape(50, 64).astype(numpy.float32)
        labels = idx_labels()[:50].astype(numpy.int64)
        archive = io.BytesIO()
        numpy.savez(archive, images=images, labels=labels)
        header = ",".join([f"pixel{i}" for i in range(64)] + ["kind"])
        rows = "\n".join(",".join([str(int(x)) for x in row] + [str(y)]) for row, y in zip(images, labels))
        sources = [
            (self.write("x.npy", npy(images)), self.write("y.npy", npy(labels))),
            (f"{self.write('all.npz', archive.getvalue())}:images", f"{self.home.path / 'all.npz'}:labels"),
            (f"{self.write('all.csv', header + chr(10) + rows)}:pixel*", f"{self.home.path / 'all.csv'}:kind"),
            (f"{self.write('all.csv.gz', gzip.compress((header + chr(10) + rows).encode()))}:pixel*",
             f"{self.home.path / 'all.csv.gz'}:kind"),
        ]
        for number, (inputs, targets) in enumerate(sources):
            dataset = self.modlab_json("dataset", "push", f"format{number}", "--inputs", inputs, "--targets", targets)
            target = self.home.path / f"back{number}"
            self.modlab("dataset", "pull", dataset["name"], "--to", target)
            arrays = read_safetensors(target.read_bytes())
            numpy.testing.assert_array_equal(arrays["x"], images)
            numpy.testing.assert_array_equal(arrays["y"], labels)
            again = self.modlab_json("dataset", "push", f"st{number}", "--inputs", f"{target}:x", "--targets", f"{target}:y")
            self.assertEqual(again["sha256"], dataset["sha256"], "what was pulled can be pushed")

    def test_rows_of_files_are_a_data_set_of_their_own(self):
        for rows, part in (("0..1500", slice(0, 1500)), ("1500..", slice(1500, None)), ("7..8", slice(7, 8))):
            dataset = self.modlab_json("dataset", "push", f"rows{part.start}", "--inputs", IMAGES, "--targets", LABELS,
                                       "--rows", rows)
            target = self.home.path / "rows"
            self.modlab("dataset", "pull", dataset["name"], "--to", target, "--overwrite")
            arrays = read_safetensors(target.read_bytes())
            numpy.testing.assert_array_equal(arrays["x"], idx_images()[part])
            numpy.testing.assert_array_equal(arrays["y"], idx_labels()[part])
        for rows in ("5", "5..5", "a..b", "-1..4", "..7"):
            self.assertIn("rows", self.refused("--inputs", IMAGES, f"--rows={rows}", code=2))
        for rows in ("1700..1800", "1797.."):
            said = self.refused("--inputs", IMAGES, "--rows", rows, code=1)
            self.assertIn("1797 rows", said)
            self.assertIn("digits-images", said)

    def test_standardizing_takes_the_inputs_own_mean(self):
        dataset = self.modlab_json("dataset", "push", "s", "--inputs", IMAGES, "--scale", "0.0625", "--standardize")
        images = idx_images() / 16
        self.assertAlmostEqual(dataset["normalization"]["mean"], images.mean(), places=9)
        self.assertAlmostEqual(dataset["normalization"]["sd"], images.std(), places=9)

    def refused(self, *words, code):
        _, messages = self.modlab("dataset", "push", "bad", *words, code=code)
        return messages

    def test_what_is_wrong_is_said_with_its_place(self):
        short = self.write("short.gz", gzip.compress(gzip.decompress(IMAGES.read_bytes())[:1000]))
        self.assertRegex(self.refused("--inputs", short, code=1), r"short\.gz.*byte")
        few = self.write("few.npy", npy(idx_labels()[:5]))
        said = self.refused("--inputs", IMAGES, "--targets", few, code=1)
        self.assertIn("1797", said)
        self.assertIn("5", said)
        table = self.write("table.csv", "a,b\n1,2\n3,x\n")
        self.assertRegex(self.refused("--inputs", table, code=1), r"table\.csv.*line 3")
        missing = self.refused("--inputs", f"{table}:aa", code=1)
        self.assertIn('"a"', missing)
        infinite = self.write("nan.npy", npy(numpy.array([[1.0, 2.0], [numpy.nan, 1.0]])))
        self.assertRegex(self.refused("--inputs", infinite, code=1), r"row 1")
        text = self.write("text.txt", "\x00\x01 what is this")
        self.assertIn("text.txt", self.refused("--inputs", text, code=1))
        objects = self.write("objects.npy", npy(numpy.array([{"a": 1}], dtype=object)))
        self.assertIn("objects.npy", self.refused("--inputs", objects, code=1))
        self.assertIn("no such file", self.refused("--inputs", "/nowhere.npy", code=2).lower())
        self.assertIn("NAME=FILE", self.refused("--inputs", IMAGES, "--tensor", "z", code=2))
        self.assertIn("no name of a tensor", self.refused("--inputs", IMAGES, "--tensor", f"Z={few}", code=6))

    def test_an_unusable_data_set_says_why_and_can_be_pushed_again(self):
        bad = self.write("bad.npy", b"\x93NUMPY\x01\x00")
        self.modlab("dataset", "push", "bad", "--inputs", bad, code=1)
        listed = self.modlab_json("dataset", "list")["datasets"]
        (unusable,) = [dataset for dataset in listed if dataset["displayName"] == "bad"]
        self.assertEqual(unusable["state"], "UNUSABLE")
        self.assertEqual(unusable["error"]["reason"], "DATA_INVALID")
        with self.assert_refused(grpc.StatusCode.FAILED_PRECONDITION, error_pb2.RESULT_MISSING):
            list(self.datasets.DownloadDataset(dataset_pb2.DownloadDatasetRequest(name=unusable["name"])))
        job = json.loads(self.modlab("dataset", "push", "bad", "--inputs", bad, "-o", "json", "--detach")[0])["importJob"]
        self.assertNotEqual(job, unusable["importJob"], "it is looked at again")

    def test_labels_and_deleting(self):
        dataset = self.modlab_json("dataset", "new", "circuits", "--bits", "4", "--label", "study=7")
        listed = self.modlab_json("dataset", "list", "--label", "study=7")["datasets"]
        self.assertEqual([one["name"] for one in listed], [dataset["name"]])
        self.modlab("dataset", "delete", dataset["name"])
        self.modlab("dataset", "show", dataset["name"], code=3)

    def test_the_text_shows_what_matters(self):
        out, _ = self.modlab("dataset", "show", self.push_digits()["name"])
        for word in ("1797 x 8 x 8", "uint8", "classes", "0.0039 x", "digits-images-idx3-ubyte.gz"):
            self.assertIn(word, out)
        out, _ = self.modlab("dataset", "list")
        self.assertIn("digits", out)


class Generators(EndToEndTest):
    def tensors_of(self, dataset):
        content = b"".join(
            piece.data for piece in self.datasets.DownloadDataset(dataset_pb2.DownloadDatasetRequest(name=dataset.name)))
        return read_safetensors(content)

    def test_the_retina_has_the_papers_truth_counts(self):
        arrays = self.tensors_of(self.make_dataset(retina=dataset_pb2.Retina()))
        self.assertEqual(arrays["x"].shape, (256, 8))
        left, right = arrays["left"].astype(bool), arrays["right"].astype(bool)
        self.assertEqual((left & right).sum(), 64)
        self.assertEqual((left | right).sum(), 192)

    def test_bits_count_in_binary(self):
        arrays = self.tensors_of(self.make_dataset(bit_vectors=dataset_pb2.BitVectors(bits=4)))
        x = arrays["x"]
        self.assertEqual([int("".join(map(str, row)), 2) for row in x], list(range(16)))
        circuit = (x[:, 0] ^ x[:, 1]) & (x[:, 2] ^ x[:, 3])
        self.assertEqual(circuit.sum(), 4)

    def test_pairs_are_pairs_of_the_digits(self):
        digits = self.make_dataset({"x": IMAGES.read_bytes(), "y": LABELS.read_bytes()})
        pairs = dataset_pb2.DigitPairs(dataset=digits.name, samples=500, seed=3)
        arrays = self.tensors_of(self.make_dataset(digit_pairs=pairs))
        self.assertEqual(arrays["x"].shape, (500, 128))
        images, labels = idx_images().reshape(1797, 64), idx_labels()
        known = {}
        for image, label in zip(images, labels):
            known.setdefault(image.tobytes(), set()).add(int(label))
        for half, name in ((slice(0, 64), "y1"), (slice(64, 128), "y2")):
            for row, label in zip(arrays["x"][:, half], arrays[name]):
                self.assertIn(int(label), known[row.tobytes()])
        stacked = self.make_dataset(
            digit_pairs=dataset_pb2.DigitPairs(dataset=digits.name, samples=500, seed=3, layout="STACKED"))
        self.assertEqual(list(stacked.tensors[0].shape), [500, 2, 8, 8])
        numpy.testing.assert_array_equal(self.tensors_of(stacked)["x"].reshape(500, 128), arrays["x"])

    def test_wrong_requests_are_refused_with_their_field(self):
        for source, reason, field in (
                (dataset_pb2.DatasetSource(), error_pb2.FIELD_MISSING, "dataset.source"),
                (dataset_pb2.DatasetSource(bit_vectors=dataset_pb2.BitVectors(bits=40)), error_pb2.FIELD_INVALID,
                 "dataset.source.bit_vectors.bits"),
                (dataset_pb2.DatasetSource(digit_pairs=dataset_pb2.DigitPairs(dataset="datasets/nope", samples=2)),
                 error_pb2.RESOURCE_NOT_FOUND, "dataset.source.digit_pairs.dataset"),
                (dataset_pb2.DatasetSource(files=dataset_pb2.TensorFiles()), error_pb2.FIELD_MISSING,
                 "dataset.source.files.tensors")):
            status = {error_pb2.RESOURCE_NOT_FOUND: grpc.StatusCode.NOT_FOUND}.get(
                reason, grpc.StatusCode.INVALID_ARGUMENT)
            with self.assert_refused(status, reason, field):
                self.datasets.CreateDataset(dataset_pb2.CreateDatasetRequest(dataset=Dataset(source=source)))
        with self.assert_refused(grpc.StatusCode.INVALID_ARGUMENT, error_pb2.FIELD_INVALID, "job.spec.import_dataset"):
            spec = job_pb2.JobSpec()
            spec.import_dataset.dataset = "datasets/abc"
            self.create(spec)


class Survival(FreshDaemonTest):
    def test_data_sets_and_their_imports_survive_kills(self):
        ready = self.make_dataset(retina=dataset_pb2.Retina())
        request = dataset_pb2.CreateDatasetRequest()
        for name, path in (("x", IMAGES), ("y", LABELS)):
            request.dataset.source.files.tensors.add(name=name, upload=self.upload(path.read_bytes()).name)
        importing = self.datasets.CreateDataset(request)
        self.daemon.kill()
        self.start_daemon()
        get = lambda name: self.datasets.GetDataset(dataset_pb2.GetDatasetRequest(name=name))
        self.assertEqual(get(ready.name), ready)
        done = wait_until(lambda: (one := get(importing.name)).state != Dataset.IMPORTING and one, "the import's end")
        self.assertEqual(done.state, Dataset.READY, done)
        self.assertEqual(done.samples, 1797)

    def test_a_cancelled_import_leaves_an_unusable_data_set_and_no_content(self):
        request = dataset_pb2.CreateDatasetRequest()
        request.dataset.source.files.tensors.add(name="x", upload=self.upload(npy(numpy.zeros((4000, 1000)))).name)
        dataset = self.datasets.CreateDataset(request)
        self.jobs.CancelJob(job_pb2.CancelJobRequest(name=dataset.import_job, force=True))
        get = lambda: self.datasets.GetDataset(dataset_pb2.GetDatasetRequest(name=dataset.name))
        ended = wait_until(lambda: (one := get()).state != Dataset.IMPORTING and one, "the import's end")
        if ended.state == Dataset.UNUSABLE:
            self.assertIn("cancelled", ended.error.message)
            self.assertEqual(list((self.daemon.data / "blobs").rglob("*/*")), [], "what was sent is not kept")


if __name__ == "__main__":
    unittest.main()
