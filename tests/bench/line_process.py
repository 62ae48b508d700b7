"""A program that answers each line of JSON on its standard input with one on its standard output."""

import json
import os
import selectors
import subprocess


class Failed(Exception):
    """Says in a few words why there is no answer."""


class LineProcess:
    """Started when it is first asked, and again after it has failed."""

    def __init__(self, *command, limit, environment=None):
        """`limit`: seconds after which an answer is waited for no longer; `environment`: besides this process's."""
        self.command = [str(part) for part in command]
        self.limit = limit
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def ask(self, task, **options):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            env=self.environment)
        try:
            self.process.stdin.write(json.dumps({"task": task, **options}).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # told below
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            answered = selector.select(self.limit)
        line = self.process.stdout.readline() if answered else b""
        if not line:
            self.close()
            raise Failed("failed" if answered else f"over {self.limit:g} s")
        answer = json.loads(line)
        if "failure" in answer:
            self.close()
            raise Failed(answer["failure"])
        return answer

    def close(self):
        if self.process is None:
            return
        self.process.kill()
        self.process.communicate()
        self.process = None
