"""A way to a server that breaks when a test says so. It sees bytes only: TLS goes through it from end to end."""

import contextlib
import socket
import threading


class BreakingProxy:
    """Forwards connections to a port on this machine. `sent` counts the bytes that clients have sent to it."""

    def __init__(self, port, break_after=None):
        """The first connection is broken once clients have sent `break_after` bytes."""
        self.sent = 0
        self._port = port
        self._break_after = break_after
        self._lock = threading.Lock()
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()
        self.cut()

    def cut(self):
        """Breaks every connection."""
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):  # when the listener is closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):  # where the server is away
            with socket.create_connection(("127.0.0.1", self._port)) as server:
                with self._lock:
                    self._open += [client, server]
                answers = threading.Thread(target=self._forward, args=(server, client), daemon=True)
                answers.start()
                self._forward(client, server, self._count)
                answers.join()

    def _forward(self, source, sink, count=len):
        with contextlib.suppress(OSError):
            while data := source.recv(64 * 1024):
                count(data)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _count(self, data):
        with self._lock:
            self.sent += len(data)
            enough = self._break_after is not None and self.sent >= self._break_after
            if enough:
                self._break_after = None
        if enough:
            self.cut()
