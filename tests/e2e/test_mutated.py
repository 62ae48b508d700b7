"""Models that are not what torch.jit.save has written: every one ends as a readable model, or in an error that says what
is wrong with it. By hand, `--mutants N [--seed S]` tries more of them.
"""

import argparse
import io
import random
import re
import sys
import unittest
import zipfile

import grpc
from modlab.v1 import error_pb2, job_pb2, model_pb2

from harness import DIGITS, FIXTURES, EndToEndTest

MODELS = [DIGITS] + [FIXTURES / f"{name}.pt" for name in ("residual", "lenet", "tokens_only", "lstm", "attention", "encoder",
                                                          "embedded", "grouped", "branches", "gated")]
# What may go wrong with a model. Anything else is our fault.
EXPECTED = {
    error_pb2.MODEL_LOAD_FAILED, error_pb2.MODEL_FORWARD_FAILED, error_pb2.OPERATION_UNSUPPORTED,
    error_pb2.OPERATION_FORBIDDEN, error_pb2.NO_WEIGHT_LAYERS, error_pb2.WEIGHTS_NOT_FINITE, error_pb2.NO_EDGES,
    error_pb2.INPUT_SHAPE_INVALID, error_pb2.MEMORY_LIMIT, error_pb2.CRASHED, error_pb2.TIME_LIMIT
}


def mutate_bytes(random_numbers, content):
    """Some bytes changed, removed or doubled."""
    content = bytearray(content)
    for _ in range(random_numbers.randint(1, 8)):
        if not content:
            break
        place = random_numbers.randrange(len(content))
        match random_numbers.randrange(4):
            case 0:
                content[place] = random_numbers.randrange(256)
            case 1:
                content[place] ^= 1 << random_numbers.randrange(8)
            case 2:
                del content[place:place + random_numbers.randint(1, 16)]
            case 3:
                content[place:place] = content[place:place + random_numbers.randint(1, 16)]
    return bytes(content)


def mutate_program(random_numbers, content):
    """Words and numbers of a program exchanged for others of it."""
    text = content.decode()
    for _ in range(random_numbers.randint(1, 4)):
        words = list(re.finditer(r"[A-Za-z_]\w*|-?\d+", text))
        if not words:
            break
        old, new = random_numbers.choice(words), random_numbers.choice(words)
        text = text[:old.start()] + new.group() + text[old.end():]
    return text.encode()


def mutant(seed):
    """An archive of a model, whole as a zip, with one file in it changed; now and then the zip itself is."""
    random_numbers = random.Random(seed)
    content = random_numbers.choice(MODELS).read_bytes()
    if random_numbers.random() < 0.15:
        return mutate_bytes(random_numbers, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    programs = [name for name in files if name.endswith(".py")]
    name = random_numbers.choice(programs if random_numbers.random() < 0.6 else sorted(files))
    mutate = mutate_program if name.endswith(".py") and random_numbers.random() < 0.8 else mutate_bytes
    files[name] = mutate(random_numbers, files[name])
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return changed.getvalue()


class Mutants(EndToEndTest):
    mutants = 60
    seed = 1

    def end_of_mutant(self, seed):
        """How the inspection of a mutant ended: a reason's name, `read`, or the refusal's."""
        upload = self.upload(mutant(seed))
        request = model_pb2.CreateModelRequest(upload=upload.name, request_id=f"mutant-{seed}")
        request.resources.wall_time.seconds = 20
        request.resources.memory_bytes = 2 << 30
        try:
            model = self.models.CreateModel(request)
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT, error.details())
            return "refused: no archive"
        job = self.finish(model.inspect_job)
        model = self.models.GetModel(model_pb2.GetModelRequest(name=model.name))
        error = job.error if job.state == job_pb2.Job.FAILED else model.inspection.graph_error
        if not error.message:
            self.assertEqual(model.state, model_pb2.Model.READY)
            self.assertGreater(model.inspection.graph.edges, 0)
            return "read"
        self.assertIn(error.reason, EXPECTED, f"mutant {seed}: {error}")
        self.assertGreater(len(error.message.split()), 3, f"mutant {seed}: {error}")
        return error_pb2.Reason.Name(error.reason)

    def test_every_one_is_read_or_says_what_is_wrong(self):
        ends = {}
        for seed in range(self.seed, self.seed + self.mutants):
            with self.subTest(seed=seed):
                end = self.end_of_mutant(seed)
                ends[end] = ends.get(end, 0) + 1
        for end, count in sorted(ends.items(), key=lambda item: -item[1]):
            print(f"{count:6} {end}", file=sys.stderr)
        self.assertGreater(len(ends), 3, "mutants reach different errors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--mutants", type=int, default=Mutants.mutants)
    parser.add_argument("--seed", type=int, default=Mutants.seed)
    options, rest = parser.parse_known_args()
    Mutants.mutants, Mutants.seed = options.mutants, options.seed
    unittest.main(argv=[sys.argv[0], *rest])
