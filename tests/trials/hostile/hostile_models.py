"""TorchScript models that do harm while they are loaded or run, made for one trial with the paths that they aim at.

Code that names `torch.save` is refused before it runs. Where the sandbox is to be tried and not that check, the saved
code is changed so that the check does not see the name and LibTorch still does.
"""

import collections
import dataclasses
import io
import struct
import zipfile
from typing import Dict, List, Tuple

import torch
from torch import nn


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 5)

    def forward(self, x):
        return torch.tanh(self.layer(x))


class Saves(Plain):
    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        torch.save(x, self.path)
        return self.layer(x)


class Reads(Plain):
    """Fails with what it has read, where it can read."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        content = torch.from_file(self.path, False, 16, dtype=torch.uint8)
        if content.sum() > 0:
            raise RuntimeError("ESCAPED: " + str(content[0].item()))
        return self.layer(x)


class Maps(Plain):
    """Maps a file for writing: from_file makes it where it is not there."""

    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        content = torch.from_file(self.path, True, 16, dtype=torch.uint8)
        if content.fill_(7).sum() > 0:
            raise RuntimeError("ESCAPED")
        return self.layer(x)


class InLoad(nn.Module):
    """`__setstate__` runs inside torch::jit::load."""

    def __init__(self, path: str):
        super().__init__()
        self.weight = torch.randn(6, 6)
        self.path = path

    @torch.jit.export
    def __getstate__(self):
        return (self.weight, self.path, self.training)

    def forward(self, x):
        return torch.mm(x, self.weight)


class SavesInLoad(InLoad):
    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, str, bool]):
        self.weight = state[0]
        self.path = state[1]
        self.training = state[2]
        torch.save(self.weight, self.path)


class FillsTheDiskInLoad(InLoad):
    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, str, bool]):
        self.weight = state[0]
        self.path = state[1]
        self.training = state[2]
        block = torch.zeros(1 << 20)
        count = 0
        while True:
            torch.save(block, self.path + str(count))
            count += 1


class ManyFilesInLoad(InLoad):
    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, str, bool]):
        self.weight = state[0]
        self.path = state[1]
        self.training = state[2]
        count = 0
        while True:
            torch.save(count, self.path + str(count))
            count += 1


class LoopsInLoad(InLoad):
    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, str, bool]):
        self.weight = state[0]
        self.path = state[1]
        self.training = state[2]
        while self.weight.dim() == 2:
            self.weight = self.weight + 1


class EatsInLoad(InLoad):
    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, str, bool]):
        self.weight = state[0]
        self.path = state[1]
        self.training = state[2]
        parts: List[torch.Tensor] = []
        while self.weight.dim() > 0:
            parts.append(torch.ones(1 << 23))
            self.weight = parts[len(parts) - 1]


class Loops(Plain):
    def forward(self, x):
        count = 0
        while True:
            count += 1
        return self.layer(x) + count


class EatsAtOnce(Plain):
    def forward(self, x):
        return self.layer(x) + torch.ones(25 * 1000 * 1000 * 1000).sum()


class EatsSlowly(Plain):
    def forward(self, x):
        parts: List[torch.Tensor] = []
        for _ in range(1_000_000):
            parts.append(torch.ones(1 << 20))
        return self.layer(x) + len(parts)


class EatsText(Plain):
    def forward(self, x):
        text = "x"
        while len(text) > 0:
            text = text + text
        return self.layer(x)


class Forks(Plain):
    def forward(self, x):
        futures: List[torch.jit.Future[torch.Tensor]] = []
        for _ in range(100_000):
            futures.append(torch.jit.fork(self.work, x))
        for future in futures:
            x = x + torch.jit.wait(future)
        return self.layer(x)

    def work(self, x):
        for _ in range(1_000_000):
            x = x + 1
        return x


class Prints(Plain):
    def forward(self, x):
        for _ in range(300_000):
            print("a line of a log that nobody will want to read, again and again and again and again and again")
        return self.layer(x)


class CrashesInLoad(InLoad):
    """Lengths that an operation is told not to look at, and that are far beyond what there is."""

    @torch.jit.export
    def __setstate__(self, state: Tuple[torch.Tensor, str, bool]):
        self.training = state[2]
        self.path = state[1]
        self.weight = torch.segment_reduce(torch.ones(4), "sum", lengths=torch.tensor([1 << 40]), unsafe=True)


class Raises(Plain):
    def __init__(self, text: str):
        super().__init__()
        self.text = text

    def forward(self, x):
        raise RuntimeError(self.text)


class ManyLayers(nn.Module):
    def __init__(self, count: int):
        super().__init__()
        self.count = count
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        for _ in range(self.count):
            x = self.layer(x)
        return x


class LayersWithoutEnd(Plain):
    def forward(self, x):
        x = self.layer(x)
        while x.dim() == 2:
            x = torch.relu(x)
        return x


class LoopsBehindABridge(Plain):
    """Is inspected on six features, and gets thirteen as a head."""

    def forward(self, x):
        while x.size(1) == 13:
            x = torch.relu(x)
        return self.layer(x)


class WithoutABatch(nn.Module):
    """Of an input of one axis it makes the batch itself."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 5)

    def forward(self, x):
        return self.layer(x.view(-1, 1))


class VectorForAWeight(Plain):
    def __init__(self):
        super().__init__()
        self.row = nn.Parameter(torch.ones(5))

    def forward(self, x):
        return nn.functional.linear(self.layer(x), self.row)


class Truncates(Plain):
    def forward(self, x):
        return self.layer(x).to(torch.int32).to(torch.float32)


class Resizes(Plain):
    def forward(self, x):
        weight = self.layer.weight.detach().clone()
        x = nn.functional.linear(x, weight)
        weight.resize_([0])
        if weight.dim() > 1:  # so that it is not left out
            x = torch.relu(x)
        return x


class Norm(Plain):
    def __init__(self, momentum: float, epsilon: float):
        super().__init__()
        self.norm = nn.BatchNorm1d(5)
        self.momentum, self.epsilon = momentum, epsilon

    def forward(self, x):
        x = nn.functional.leaky_relu(self.layer(x), self.momentum)
        norm = self.norm
        return torch.batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, False, self.momentum,
                                self.epsilon, False)


class ChannelNorm(nn.Module):
    """Normalises by its batch, also when it is evaluated."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 3, 3)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        norm = self.norm
        return torch.batch_norm(self.layer(x), norm.weight, norm.bias, norm.running_mean, norm.running_var, True, 0.1,
                                1e-5, False)


class WideNorm(nn.Module):
    """Buffers that are one number in the file."""

    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels
        self.layer = nn.Linear(6, 1)
        self.one = nn.Parameter(torch.ones(1))

    def forward(self, x):
        wide = self.one.expand(self.channels)
        x = nn.functional.linear(self.layer(x), wide.unsqueeze(1))
        return torch.batch_norm(x, wide, wide, wide, wide, False, 0.1, 1e-5, False)


class SpelledPadding(nn.Module):
    def __init__(self, padding: str):
        super().__init__()
        self.padding = padding
        self.layer = nn.Conv1d(1, 2, 3)

    def forward(self, x):
        return torch.conv1d(x, self.layer.weight, self.layer.bias, 1, self.padding)


class SpelledActivation(Plain):
    def __init__(self, approximate: str):
        super().__init__()
        self.approximate = approximate

    def forward(self, x):
        return nn.functional.gelu(self.layer(x), approximate=self.approximate)


class Composed(nn.Module):
    """Says that it was composed, with attributes of its own making."""

    def __init__(self, partition: Dict[str, torch.Tensor], masks: Dict[str, torch.Tensor]):
        super().__init__()
        self.layer = nn.Linear(6, 5)
        self.composed_parts = 2
        self.planted_partition = torch.jit.annotate(Dict[str, torch.Tensor], partition)
        self.gradient_masks = torch.jit.annotate(Dict[str, torch.Tensor], masks)

    def forward(self, x):
        if len(self.planted_partition) + len(self.gradient_masks) < self.composed_parts:
            return x
        return self.layer(x)


def named(name, last):
    """Layers of a name, the last of which is no layer of a part."""
    return nn.Sequential(collections.OrderedDict([(name, nn.Linear(6, 5)), (name + "2", last)]))


def filled(value):
    module = Plain()
    nn.init.constant_(module.layer.weight, value)
    return module


def saved(module):
    content = io.BytesIO()
    torch.jit.save(torch.jit.script(module), content)
    return content.getvalue()


def rewritten(content, change, extra=()):
    """An archive with its code changed, and with more entries."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as target:
        root = archive.namelist()[0].split("/")[0]
        for entry in archive.infolist():
            data = archive.read(entry)
            target.writestr(entry.filename, change(data) if entry.filename.endswith(".py") else data)
        for name, data in extra:
            target.writestr(name.replace("ROOT", root), data)
    return copy.getvalue()


def hidden(module):
    """A saved module whose calls the check before loading does not see."""
    def hide(code):
        for name in (b"save(", b"from_file("):
            code = code.replace(b"torch." + name, b"torch. " + name)
        return code
    return rewritten(saved(module), hide)


def damaged(content, name, place):
    """A byte of an entry turned around, and its checksum made to fit."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as target:
        for entry in archive.infolist():
            data = bytearray(archive.read(entry))
            if entry.filename.endswith(name):
                data[place % len(data)] ^= 0xFF
            target.writestr(entry.filename, bytes(data))
    return copy.getvalue()


def bomb():
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(Plain()))) as archive, \
            zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in archive.infolist():
            target.writestr(entry.filename, archive.read(entry))
        target.writestr(archive.namelist()[0].split("/")[0] + "/data/bomb", bytes(200 << 20))
    return content.getvalue()


def crowded(content, more, claimed):
    """An archive whose directory has the first entry `more` times again, and says that there are `claimed`."""
    end = content.rindex(b"PK\5\6")
    size, offset = struct.unpack("<LL", content[end + 12:end + 20])
    first = content[offset:content.index(b"PK\1\2", offset + 4)]
    directory = content[offset:offset + size] + first * more
    return b"".join((
        content[:offset], directory,
        struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, claimed, claimed, len(directory), offset),
        struct.pack("<4sLQL", b"PK\6\7", 0, offset + len(directory), 1),
        struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0)))


def make(outside, neighbour, database):
    """Gives (name, content, reasons): where it ends in an error, that is one of `reasons`; None: it may also succeed.

    `outside`: a path where nothing may appear; `neighbour`: another job's input; `database`: the daemon's.
    """
    plain = saved(Plain())
    call, deep = b"torch.tanh((layer).forward(x, ))", 200_000
    forbidden = {"OPERATION_FORBIDDEN"}
    failed = {"MODEL_FORWARD_FAILED"}
    memory = {"MEMORY_LIMIT"}
    return [
        ("save in plain sight", saved(Saves(outside)), forbidden),
        ("from_file in plain sight", saved(Reads("/etc/passwd")), forbidden),
        ("read /etc/passwd", hidden(Reads("/etc/passwd")), failed),
        ("read another job's input", hidden(Reads(neighbour)), failed),
        ("read the server's database", hidden(Reads(database)), failed),
        ("read /proc/self/environ", hidden(Reads("/proc/self/environ")), failed),
        ("write in forward", hidden(Saves(outside)), {"OPERATION_UNSUPPORTED"}),
        ("write outside by mapping", hidden(Maps(outside)), failed),
        ("write the server's database", hidden(Maps(database)), failed),
        ("write while loading", hidden(SavesInLoad(outside)), None),
        ("overwrite its own input", hidden(SavesInLoad("in/model.pt")), None),
        ("forge its result", hidden(SavesInLoad("out/result.binpb")), None),
        ("forge its events", hidden(SavesInLoad("out/events.log")), {"RESULT_INVALID"}),
        ("loop in load", saved(LoopsInLoad(outside)), {"TIME_LIMIT"}),
        ("loop in forward", saved(Loops()), {"TIME_LIMIT"}),
        ("eat memory in load", saved(EatsInLoad(outside)), memory | {"MODEL_LOAD_FAILED"}),
        ("100 GB at once", saved(EatsAtOnce()), memory),
        ("100 GB slowly", saved(EatsSlowly()), memory),
        ("a text without end", saved(EatsText()), memory | failed),
        ("100,000 forks", saved(Forks()), {"TIME_LIMIT", "MEMORY_LIMIT", "OPERATION_UNSUPPORTED", "CRASHED"}),
        ("fill the disk", hidden(FillsTheDiskInLoad("out/")), {"DISK_LIMIT"}),
        ("a million files", hidden(ManyFilesInLoad("out/")), {"DISK_LIMIT"}),
        ("fill the log", saved(Prints()), None),
        ("a segmentation fault", saved(CrashesInLoad(outside)), {"CRASHED"}),
        ("a message of 100 kB", saved(Raises("\x1b[31mred\x1b[0m " + "x" * 100_000)), failed),
        ("a stack overflow in the parser",
         rewritten(plain, lambda code: code.replace(call, b"(" * deep + call + b")" * deep)),
         {"CRASHED"}),
        ("a damaged pickle", damaged(plain, "data.pkl", 100), {"MODEL_LOAD_FAILED", "CRASHED", "MEMORY_LIMIT"}),
        ("a damaged table of code", damaged(plain, ".debug_pkl", 50), None),
        ("a zip bomb", bomb(), {"FORMAT_INVALID"}),
        ("a name with ..", rewritten(plain, lambda code: code, [("ROOT/../../escape", b"x")]), {"FORMAT_INVALID"}),
        ("an absolute name", rewritten(plain, lambda code: code, [("/etc/passwd", b"x")]), {"FORMAT_INVALID"}),
        ("an archive of 100,000 entries",
         rewritten(plain, lambda code: code, [(f"ROOT/extra/{i}", b"") for i in range(100_000)]), None),
        ("an archive of a million entries",
         crowded(rewritten(plain, lambda code: code), 1_000_000, 1_000_000), {"FORMAT_INVALID"}),
        ("a trillion entries, it says", crowded(rewritten(plain, lambda code: code), 10, 10**12), {"FORMAT_INVALID"}),
    ]


@dataclasses.dataclass
class Composition:
    """A model to put beside itself; `head`: to put behind others, with a bridge of so many outputs."""
    name: str
    content: bytes
    reasons: set = None  # as make() has them
    parts: int = 2
    head: int = 0
    input_shape: tuple = ()
    short: bool = False  # in the short trial, too


def make_compositions(outside):
    """What is to break a composition: the reading of chains, the stacking, and the code that is written."""
    invalid, failed = {"COMPOSITION_INVALID"}, {"MODEL_FORWARD_FAILED", "INPUT_SHAPE_INVALID"}
    time, memory = {"TIME_LIMIT"}, {"MEMORY_LIMIT"}
    nan, infinite = float("nan"), float("inf")
    code = f"x\"), torch.save(x, '{outside}') #"
    return [
        Composition("a part that is no archive", b"no archive", {"FORMAT_INVALID"}, short=True),
        Composition("a part that writes while loading", hidden(SavesInLoad(outside)), None),
        Composition("a part that loops in load", saved(LoopsInLoad(outside)), time),
        Composition("a part that loops", saved(Loops()), time),
        Composition("a head that loops", saved(LoopsBehindABridge()), time, head=13, short=True),
        Composition("layers without end", saved(LayersWithoutEnd()), time | memory),
        Composition("100,000 layers", saved(ManyLayers(100_000)), time | memory),
        Composition("300 layers", saved(ManyLayers(300)), None),
        Composition("a stack of 1 GB", saved(nn.Linear(1000, 1000)), memory, parts=16, short=True),
        Composition("a batch norm of 30,000,000 channels", saved(WideNorm(30_000_000)), memory),
        Composition("an input without a batch", saved(WithoutABatch()), invalid, input_shape=(6,), short=True),
        Composition("a weight that is a vector", saved(VectorForAWeight()), invalid),
        Composition("a weight that shrinks when it was read", saved(Resizes()), None),
        Composition("values that are truncated", saved(Truncates()), invalid),
        Composition("a norm of its batch", saved(ChannelNorm()), invalid),
        Composition("a momentum that is not a number", saved(Norm(nan, 1e-5)), None),
        Composition("a slope and an epsilon without end", saved(Norm(infinite, infinite)), None),
        Composition("a variance that is not a number", saved(Norm(0.1, nan)), {"WEIGHTS_NOT_FINITE"}),
        Composition("weights that are not numbers", saved(filled(nan)), None),
        Composition("weights without end", saved(filled(infinite)), None),
        Composition("a padding that is code", saved(SpelledPadding(code)), failed),
        Composition("an activation that is code", saved(SpelledActivation(code)), failed),
        Composition("a layer's name that is code", saved(named(code.replace(".", " "), nn.Tanh())),
                    {"MODEL_LOAD_FAILED"}),
        Composition("a layer's name of two lines", saved(named("a\n    x = 1", nn.Softmax(1))),
                    {"MODEL_LOAD_FAILED"} | invalid),
        Composition("a layer's name that turns around", saved(named("a \u202e b \u2028 c", nn.Softmax(1))),
                    {"MODEL_LOAD_FAILED"} | invalid),
        Composition("a layer's name of 100 kB", saved(named("a" * 100_000, nn.Softmax(1))), invalid),
    ]


def make_composed():
    """Gives (name, content): models that say that they were composed."""
    labels, mask = torch.zeros(1, dtype=torch.long), torch.zeros(1, dtype=torch.bool)
    groups, parameters = {"input": 6, "layer": 5}, {"layer.weight": (5, 6), "layer.bias": (5,)}

    def composed(of_group, of_parameter):
        return saved(Composed({name: of_group(units) for name, units in groups.items()},
                              {name: of_parameter(shape) for name, shape in parameters.items()}))
    terabytes = 10**12
    return [
        ("a partition of terabytes", composed(lambda _: labels.expand(terabytes), lambda _: mask.expand(terabytes))),
        ("a partition of no part", composed(lambda units: torch.full((units,), 1 << 62), mask.expand)),
        ("a partition of fractions", composed(torch.rand, lambda shape: torch.rand(*shape))),
        ("a partition that is sparse", composed(lambda units: labels.expand(units).to_sparse(),
                                                lambda shape: torch.ones(*shape, dtype=torch.bool).to_sparse())),
    ]
