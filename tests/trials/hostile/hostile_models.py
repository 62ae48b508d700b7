"""TorchScript models that do harm while they are loaded or run, made for one trial with the paths that they aim at.

Code that names `torch.save` is refused before it runs. Where the sandbox is to be tried and not that check, the saved
code is changed so that the check does not see the name and LibTorch still does.
"""

import io
import struct
import zipfile
from typing import List, Tuple

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
