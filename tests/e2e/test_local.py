"""With no server configured the client starts one for its user, and nobody has to think of it again."""

import os
import pathlib
import stat
import time
import unittest

import processes
from harness import DIGITS, PATIENCE, EndToEndTest, wait_until


class Local(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        self.make_home(self.addCleanup)  # no daemon: that is the client's business here

    def local(self, *arguments, **options):
        return self.modlab(*arguments, server="", **options)

    def status(self, **options):
        return self.modlab_json("server", "status", server="", **options)

    def test_score_starts_a_server(self):
        self.local("server", "status", code=5)
        self.assertEqual(processes.running("modlabd"), [], "a look at the server starts none")
        out, _ = self.local("score", DIGITS, "-k", 3, "--nulls", 0)
        self.assertIn("n-cut", out)
        status = self.status()
        self.assertTrue(status["onDemand"])
        self.assertEqual(processes.running("modlabd"), [status["pid"]])
        self.local("job", "list")
        self.assertEqual(self.status()["pid"], status["pid"], "the second command used the same server")

    def test_its_files_are_the_users_alone(self):
        self.local("server", "start")
        socket = pathlib.Path(self.home.environment["XDG_RUNTIME_DIR"]) / "modlab" / "modlabd.sock"
        self.assertTrue(stat.S_ISSOCK(socket.stat().st_mode))
        self.assertEqual(stat.S_IMODE(socket.parent.stat().st_mode), 0o700)
        data = pathlib.Path(self.home.environment["XDG_STATE_HOME"]) / "modlab"
        self.assertEqual(stat.S_IMODE(data.stat().st_mode), 0o700)
        self.assertEqual(os.listdir(self.home.path / "config_home"), [])

    def test_many_clients_at_once_start_one_server(self):
        clients = [self.start_modlab("score", DIGITS, "-k", 3, "--restarts", 5, "--nulls", 0, "-o", "json", server="") for _ in range(6)]
        for client in clients:
            self.end_of(client)
        self.assertEqual(processes.running("modlabd"), [self.status()["pid"]])

    def test_server_stop(self):
        self.local("score", DIGITS, "-k", 3, "--nulls", 0)
        self.local("server", "stop")
        self.assertEqual(processes.running("modlabd"), [])
        wait_until(lambda: not processes.descendants(), "nothing is left")
        self.local("server", "stop", code=5)
        # What it stored is there again with the next one.
        self.assertEqual(len(self.modlab_json("model", "list", server="")["models"]), 1)

    def test_server_start_twice(self):
        self.local("server", "start")
        pid = self.status()["pid"]
        self.local("server", "start")
        self.assertEqual(self.status()["pid"], pid)

    def test_it_leaves_when_idle(self):
        self.daemon.options = ("--on-demand", "--idle-time", "5s")
        self.daemon.start()
        job = self.modlab_json("score", DIGITS, "-k", 40, "--restarts", 2000, "--nulls", 0)
        self.assertEqual(job["state"], "SUCCEEDED", "a server with work to do is not idle")
        self.assertEqual(self.daemon.process.wait(PATIENCE), 0)
        wait_until(lambda: not processes.descendants(), "its workers have left with it")

    def test_a_killed_server_is_started_again(self):
        self.local("score", DIGITS, "-k", 3, "--nulls", 0)
        processes.kill(self.status()["pid"])
        wait_until(lambda: not processes.running("modlabd"), "it is gone")
        self.assertEqual(len(self.modlab_json("model", "list", server="")["models"]), 1)

    def waiting_client(self):
        """A client that waits for a job which takes minutes. It prints the job's id first."""
        client = self.start_modlab("score", DIGITS, "-k", 100, "--restarts", 10000, "-q", server="")
        return client, client.stdout.readline().strip()

    def end_of_cancelled(self, client, job):
        self.local("job", "cancel", "--force", job)
        _, err = self.end_of(client, code=1)
        self.assertIn("cancelled", err)

    def test_a_client_that_waits_starts_a_killed_server_again(self):
        client, job = self.waiting_client()
        processes.kill(self.status()["pid"])
        wait_until(lambda: processes.running("modlabd"), "the client starts another")
        self.end_of_cancelled(client, job)

    def test_a_client_that_waits_does_not_start_a_stopped_server_again(self):
        client, job = self.waiting_client()
        self.local("server", "stop")
        time.sleep(2)  # some attempts to get back
        self.assertEqual(processes.running("modlabd"), [])
        self.assertIsNone(client.poll())
        self.end_of_cancelled(client, job)

    def test_without_a_runtime_directory(self):
        # The socket then lies in a folder of the user's own in /tmp, at a name that depends on the state directory.
        del self.home.environment["XDG_RUNTIME_DIR"]
        self.addCleanup(self.remove_empty_folder, pathlib.Path(f"/tmp/modlab-{os.getuid()}"))
        self.local("server", "start")
        self.assertTrue(self.status()["onDemand"])
        self.local("server", "stop")

    def remove_empty_folder(self, path):
        if path.is_dir() and not os.listdir(path):
            path.rmdir()

    def test_a_runtime_directory_too_long_for_a_socket(self):
        deep = self.home.path / ("x" * 60) / ("y" * 60)
        deep.mkdir(parents=True, mode=0o700)
        self.home.environment["XDG_RUNTIME_DIR"] = str(deep)
        self.addCleanup(self.remove_empty_folder, pathlib.Path(f"/tmp/modlab-{os.getuid()}"))
        self.local("score", DIGITS, "-k", 3, "--nulls", 0)
        self.local("server", "stop")

    def test_a_daemon_that_cannot_start_says_why(self):
        folder = pathlib.Path(self.home.environment["XDG_STATE_HOME"]) / "modlab"
        folder.write_text("a file where the folder should be")
        _, err = self.local("server", "start", code=5)
        self.assertIn(str(folder), err)


if __name__ == "__main__":
    unittest.main()
