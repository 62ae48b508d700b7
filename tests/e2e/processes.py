"""Processes that a test started, directly or not: this process becomes the parent of every orphan among them, so that
none gets away, and none that has ended stays behind as a zombie that a program could take for a living one.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")

_known = set()  # children that subprocess waits for
_lock = threading.Lock()


class Process(subprocess.Popen):
    """A child that is waited for here, not by the reaper of orphans. Every child must be one."""

    def __init__(self, *arguments, **options):
        with _lock:
            super().__init__(*arguments, **options)
            _known.add(self.pid)


def start(command, environment, log):
    return Process(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def run(command, timeout, stdout=subprocess.PIPE, **options):
    """Runs a command to its end, as subprocess.run does, and catches what it prints, as text."""
    with Process(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True, **options) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _status(pid):
    """(parent, state) of a process; None if there is none."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), fields[0]


def unreaped_children(pid):
    """Processes that have ended and that their parent has not asked about."""
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _status(entry) == (pid, "Z")]


def descendants():
    """Process ids of all living descendants of this process."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            status = _status(entry)
            if status and status[1] not in "ZX":
                parents[int(entry)] = status[0]
    found, generation = [], {os.getpid()}
    while generation:
        generation = {pid for pid, parent in parents.items() if parent in generation}
        found += generation
    return found


def program(pid):
    """File name of the program that a process runs; empty if it has gone."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def parent(pid):
    status = _status(pid)
    return status[0] if status else 0


def sleeps(pid):
    """Whether a process waits for something: it does not run, and is neither stopped nor dead."""
    status = _status(pid)
    return status is not None and status[1] == "S"


def holds_open(pid, part):
    """Whether a process has a file open whose path contains `part`."""
    try:
        return any(part in os.readlink(f"/proc/{pid}/fd/{descriptor}") for descriptor in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


def running(name):
    """Process ids of the descendants that run the program `name`."""
    return [pid for pid in descendants() if program(pid) == name]


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def kill_all():
    """Ends every descendant, and waits until none is there."""
    while remaining := descendants():
        for pid in remaining:
            kill(pid)
        time.sleep(0.02)


def _reap_orphans():
    while True:
        time.sleep(0.1)
        with _lock:
            for entry in os.listdir("/proc"):
                if entry.isdigit() and int(entry) not in _known and _status(entry) == (os.getpid(), "Z"):
                    try:
                        os.waitpid(int(entry), os.WNOHANG)
                    except ChildProcessError:
                        pass


threading.Thread(target=_reap_orphans, daemon=True).start()
