"""A daemon that also listens on TCP with TLS, its authority, and users with tokens."""

import socket

import grpc

import processes
from harness import BIN, PATIENCE, SOURCE, EndToEndTest


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TlsTest(EndToEndTest):
    """`target` is the daemon's address, `tls` the folder of its certificates, and each of `users` (name: role) has a token
    in `tokens` and a file with it in `token_files`."""

    users = {"bob": "user"}

    @classmethod
    def make_home(cls, add_cleanup):
        super().make_home(add_cleanup)
        cls.tls = cls.home.path / "tls"
        cls.certify("localhost", "127.0.0.1")
        cls.port = free_port()
        cls.target = f"localhost:{cls.port}"
        cls.daemon.options = (
            "--listen", f"127.0.0.1:{cls.port}", "--tls-cert", cls.tls / "server.pem", "--tls-key",
            cls.tls / "server.key", *cls.daemon_options)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tokens, cls.token_files = {}, {}
        for user, role in cls.users.items():
            cls.modlabd("user", "add", user, "--role", role)
            cls.tokens[user] = cls.modlabd("token", "create", user).strip()
            cls.token_files[user] = cls.secret_file(user + ".token", cls.tokens[user])

    @classmethod
    def certify(cls, *arguments, folder=None):
        processes.run([SOURCE / "deploy" / "tls.sh", folder or cls.tls, *arguments], PATIENCE).check_returncode()

    @classmethod
    def secret_file(cls, name, text):
        path = cls.home.path / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    @classmethod
    def modlabd(cls, *arguments, code=0):
        done = processes.run(
            [BIN / "modlabd", *map(str, arguments), "--data-dir", cls.daemon.data], PATIENCE, env=cls.home.environment)
        assert done.returncode == code, done
        return done.stdout + done.stderr

    @classmethod
    def credentials(cls, token=None, user=None, ca=None):
        key = certificate = None
        if user:
            key, certificate = ((cls.tls / (user + end)).read_bytes() for end in (".key", ".pem"))
        channel = grpc.ssl_channel_credentials((ca or cls.tls / "ca.pem").read_bytes(), key, certificate)
        return grpc.composite_channel_credentials(channel, grpc.access_token_call_credentials(token)) if token else channel
