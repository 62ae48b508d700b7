"""Packages for Node.js, installed into the build folder: the source folders stay as they are."""

import os
import shutil
import unittest

import processes
from harness import BUILD, PATIENCE

# What npm says where its registry is out of reach. Anything else that goes wrong is a failure.
OUT_OF_REACH = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH",
                "ERR_SOCKET_TIMEOUT")


def install(source):
    """Installs what the lock file in the folder `source` names, unless it is there already. Returns node_modules. Skips the
    test where the registry cannot be reached."""
    folder = BUILD / "node" / source.name
    lock, installed = source / "package-lock.json", folder / "installed.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(source / name, folder)
        # With the caller's own home, where npm's settings and its cache are.
        done = processes.run(["npm", "ci", "--no-audit", "--no-fund"], PATIENCE, cwd=folder, env=os.environ)
        if done.returncode != 0 and any(word in done.stderr for word in OUT_OF_REACH):
            raise unittest.SkipTest(f"npm cannot reach its registry:\n{done.stderr}")
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.copy(lock, installed)
    return folder / "node_modules"
