"""Tokens are written down nowhere: not in logs, outputs, command lines, environments or the data directory."""

import contextlib
import pathlib
import subprocess

import processes
from harness import wait_until


def _client(lab, user, *arguments):
    return lab.start_modlab("--ca", lab.tls / "ca.pem", "--token-file", lab.home.path / f"{user}.token", *arguments,
                            server=lab.target)


def _texts_of_processes():
    """What `ps` and /proc show of all that runs here: arguments and environments."""
    for pid in processes.descendants():
        for part in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                yield f"{part} of {processes.program(pid)}", pathlib.Path(f"/proc/{pid}/{part}").read_bytes()


def try_leaks(lab):
    files = {user: lab.home.path / f"{user}.token" for user in lab.tokens}
    for user, path in files.items():
        path.write_text(lab.tokens[user] + "\n")
        path.chmod(0o600)
    texts = {}
    watched = lab.thing("queued_job", "owner", "PRIVATE").name
    watch = _client(lab, "bob", "job", "watch", watched)
    piped = lab.start_modlab("--ca", lab.tls / "ca.pem", "--token-file", "-", "job", "watch", watched, server=lab.target,
                             stdin=subprocess.PIPE)
    piped.stdin.write(lab.tokens["bob"] + "\n")
    piped.stdin.close()
    piped.stdin = None
    wait_until(lambda: len(processes.running("modlab")) >= 2, "the clients run")
    texts.update(_texts_of_processes())
    for process in (watch, piped):
        process.terminate()
        texts[f"output of {process.args}"] = "".join(process.communicate()).encode()
    commands = [("server", "status"), ("job", "list"), ("model", "list"), ("model", "push", "/etc/hostname"), ("job", "show", watched),
                ("job", "show", "jobs/bbbbbbbbbbbb"), ("server", "stop"), ("server", "add", "lab", lab.target),
                ("server", "list"), ("--help",)]
    for command in commands:
        for options in ((), ("-o", "json"), ("-q",)):
            process = _client(lab, "dan", *command, *options)
            texts[f"output of {command} {options}"] = "".join(process.communicate(timeout=120)).encode()
    for path in lab.home.path.rglob("*"):
        if path.is_file() and path not in files.values():
            texts[str(path.relative_to(lab.home.path))] = path.read_bytes()
    problems = []
    for token in lab.tokens.values():
        secret = token.split("_")[2].encode()
        problems += [f"a token is in {name}" for name, text in texts.items() if secret in text]
    print(f"{len(texts)} texts looked through for tokens", flush=True)
    return len(texts), problems
