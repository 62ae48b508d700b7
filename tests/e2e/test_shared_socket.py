"""A socket that the users of a machine share: who they are, and what they see and may do there."""

import concurrent.futures
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

import processes
from harness import BIN, DIGITS, PATIENCE, EndToEndTest


@unittest.skipUnless(os.geteuid() == 0, "taking another user's uid needs root")
class SharedSocket(EndToEndTest):
    """Users are who the system says they are."""

    @classmethod
    def make_home(cls, add_cleanup):
        super().make_home(add_cleanup)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="modlab-shared-", dir="/tmp"))
        add_cleanup(lambda: shutil.rmtree(cls.folder))
        cls.folder.chmod(0o755)
        cls.address = f"{cls.folder}/run/shared.sock"
        cls.daemon.options = ("--listen", f"shared:{cls.address}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user, role in (("games", "user"), ("mail", "user"), ("news", "reader")):
            processes.run([BIN / "modlabd", "user", "add", user, "--role", role, "--data-dir", cls.daemon.data],
                          PATIENCE).check_returncode()

    def as_user(self, user, *arguments, code=0):
        """`modlab` as a user of the system, with a home that nobody else has."""
        home = self.folder / user
        if not home.exists():
            home.mkdir(mode=0o700)
            shutil.chown(home, user)
        program = self.folder / "modlab"
        if not program.exists():
            shutil.copy(BIN / "modlab", program)  # the build may be where others cannot go
        variables = {"HOME": str(home), "PATH": "/usr/bin:/bin", "MODLAB_SERVER": f"unix:{self.address}", "NO_COLOR": "1"}
        # Not Popen(user=...): that forks this process, and gRPC's own handlers of a fork can wait for ever.
        become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--"]
        done = processes.run([*become, program, *map(str, arguments)], PATIENCE, env=variables, cwd=home)
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def who_is(self, user):
        server = json.loads(self.as_user(user, "server", "status", "-o", "json"))
        return server["user"], server["role"]

    def test_the_system_says_who_one_is(self):
        self.assertEqual(self.who_is("games"), ("games", "USER"))
        self.assertEqual(self.who_is("news"), ("news", "READER"))
        self.assertEqual(self.who_is("root")[1], "ADMIN")

    def test_who_was_not_added_is_told_so(self):
        self.assertIn("modlabd user add backup", self.as_user("backup", "server", "status", code=6))

    def connect_as(self, uid, connections):
        """A process of this uid, whoever that is, that makes connections and keeps them until it is killed."""
        code = ("import socket, sys, time\n"
                "kept = [socket.socket(socket.AF_UNIX) for _ in range(int(sys.argv[2]))]\n"
                "for connection in kept: connection.connect(sys.argv[1])\n"
                "print('connected', flush=True)\n"
                "time.sleep(600)\n")
        stranger = subprocess.Popen(
            ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--", "/usr/bin/python3", "-c", code,
             self.address, str(connections)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (stranger.kill(), stranger.wait(), stranger.stdout.close()))
        self.assertEqual(stranger.stdout.readline(), "connected\n")

    def test_strangers_use_up_nothing_that_users_need(self):
        for user in ("games", "mail", "news"):
            self.who_is(user)
        server = self.daemon.process.pid
        before = resource.prlimit(server, resource.RLIMIT_NOFILE)
        self.addCleanup(resource.prlimit, server, resource.RLIMIT_NOFILE, before)
        # Room for strangers, root, and four users.
        resource.prlimit(server, resource.RLIMIT_NOFILE, (4096 + 6 * 512, before[1]))
        for uid in range(70000, 70008):
            self.connect_as(uid, 20)
        self.connect_as(70008, 600)
        self.as_user("man", "version")
        processes.run([BIN / "modlabd", "user", "add", "man", "--data-dir", self.daemon.data], PATIENCE).check_returncode()
        self.assertEqual(self.who_is("man"), ("man", "USER"))

    def test_who_is_added_is_let_in_with_the_next_connection(self):
        self.assertIn("modlabd user add lp", self.as_user("lp", "server", "status", code=6))
        processes.run([BIN / "modlabd", "user", "add", "lp", "--data-dir", self.daemon.data], PATIENCE).check_returncode()
        self.assertEqual(self.who_is("lp"), ("lp", "USER"))

    def test_users_see_their_own_and_what_is_shared(self):
        model = self.folder / "games" / "net.pt"
        self.as_user("games", "version")
        shutil.copy(DIGITS, model)
        shutil.chown(model, "games")
        job = self.as_user("games", "score", model, "-q").strip()
        self.as_user("mail", "job", "show", job, code=3)
        self.as_user("games", "job", "share", job, "--with", "mail")
        self.assertIn(job, self.as_user("mail", "job", "show", job))
        self.assertIn("share", self.as_user("mail", "job", "delete", job, code=6))
        self.assertIn("may not stop", self.as_user("mail", "server", "stop", code=6))

    def test_calls_side_by_side_are_never_taken_for_another_users(self):
        users = ["games", "mail", "news"]
        self.as_user("games", "version"), self.as_user("mail", "version"), self.as_user("news", "version")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for user, (found, _) in zip(users * 10, pool.map(self.who_is, users * 10)):
                self.assertEqual(found, user)


if __name__ == "__main__":
    unittest.main()
