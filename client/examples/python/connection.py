"""How a program reaches a modlab server, and goes on when the server or the network was away for a while."""

import os
import random
import sys
import time

import grpc

# How calls end that may be made again: the server was not there (CANCELLED is what gRPC says while a server closes its
# connections), or it has other bytes of an upload than we thought.
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED)

OPTIONS = (
    # A watched job may say nothing for minutes; a silent connection must still be known to live.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # The waits between our own attempts are the ones that count.
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # A web proxy is for web pages; a compute server is reached directly.
    ("grpc.enable_http_proxy", 0),
)


class UsageError(Exception):
    """The caller gave something that cannot be used; the message says what to do."""


def read_file(path, what):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}") from error


def read_token(path):
    """A token is a password: a file that others can read is refused."""
    content = read_file(path, "the token file")
    if os.stat(path).st_mode & 0o077:
        raise UsageError(f"the token file {path} can be read by others: chmod 600 {path}")
    words = content.decode("ascii", errors="replace").split()
    if len(words) != 1:
        raise UsageError(f"{path} holds no token: it is one word, as `modlabd token create` prints it")
    return words[0]


def connect(server, ca=None, token_file=None):
    """A channel to `unix:PATH`, or to `HOST:PORT` with TLS. `ca` is a PEM file; without it the system's authorities count."""
    if server.startswith("unix:"):  # its folder's rights say who gets in
        return grpc.insecure_channel(server, OPTIONS)
    credentials = grpc.ssl_channel_credentials(read_file(ca, "the authority's certificate") if ca else None)
    if token_file:
        token = grpc.access_token_call_credentials(read_token(token_file))
        credentials = grpc.composite_channel_credentials(credentials, token)
    return grpc.secure_channel(server, credentials, OPTIONS)


class Patience:
    """Waits between attempts, longer and longer, and gives up where nothing has gone forward for a while."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.progress()

    def progress(self):
        """Something worked: start from the beginning."""
        self._wait = 0.2
        self._end = None  # known once a call has ended: what goes well may take as long as it takes

    def pause(self, error):
        """After a call ended with `error`: returns when it is time to try again, or raises the error."""
        now = time.monotonic()
        if self._end is None:
            self._end = now + self.seconds
        if error.code() not in AGAIN or now > self._end:
            raise error
        print(f"trying again: {error.details()}", file=sys.stderr)
        time.sleep(self._wait * random.uniform(0.5, 1))  # so that many clients do not come back all at once
        self._wait = min(2 * self._wait, 5)


def persist(call, request, seconds):
    """Makes a call that may be made twice: one that reads, or that carries a request_id."""
    patience = Patience(seconds)
    while True:
        try:
            return call(request)
        except grpc.RpcError as error:
            patience.pause(error)
