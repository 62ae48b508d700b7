"""Saves a network as its author would, and has the probe read it."""

import collections
import json
import os
import subprocess
import sys
import warnings

import torch

LOAD_AND_RUN = """
import ctypes, sys, torch
torch.set_num_threads(1)
def memory(what):  # without the pages of LibTorch's own files
    status = dict(line.split(":") for line in open("/proc/self/status"))
    return 1024 * (int(status[what].split()[0]) - int(status["RssFile"].split()[0]))
example = torch.ones([int(size) for size in sys.argv[2].split(",")])
start = memory("VmRSS")
model = torch.jit.load(sys.argv[1]).eval()
ctypes.CDLL(None).malloc_trim(0)  # a forward would use again what loading has left free
loaded = memory("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
with torch.no_grad():
    model(example)
print(loaded - start, memory("VmHWM") - loaded)
"""


def save(model, example, way, file):
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what tracing does not record, and torchvision's annotations
        script = torch.jit.trace(model, example, check_trace=False) if way == "traced" else torch.jit.script(model)
    if way == "frozen":
        script = torch.jit.freeze(script)
    script.save(file)


def shape_text(shape):
    return ",".join(map(str, shape))


def load_and_run_memory(file, shape):
    """What LibTorch itself needs for the loaded model, and at most for one forward above that, in bytes. The forward's is not
    the same each time."""
    command = [sys.executable, "-c", LOAD_AND_RUN, file, shape_text(shape)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(3)]
    return (max(int(run[part]) for run in runs) for part in (0, 1))


class RefusedByReader(Exception):
    """The reader's own words."""


class ReadGraph:
    """`groups` are [name, units]; `blocks`, `edges` and `weights` are by layer, in order of execution."""

    def __init__(self, probe, file, shape, *options):
        command = [probe, *options, file, shape_text(shape)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if "error" in answer:
            raise RefusedByReader(answer["error"])
        self.groups = [[name, units] for name, _, units in answer["groups"]]
        self.blocks, self.edges, self.weights = collections.Counter(), collections.Counter(), collections.Counter()
        for block in answer["blocks"]:
            self.blocks[block["layer"]] += 1
            self.edges[block["layer"]] += int(block["count"])
            self.weights[block["layer"]] += block["weight"]
        self.warnings = answer["warnings"]
        self.seconds = answer["seconds"]
        self.memory = answer["memory"] - answer["memory_before"]
        self.memory_of_loading = answer["memory_after_load"] - answer["memory_before"]
        self.model_size = os.path.getsize(file)
