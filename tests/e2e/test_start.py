"""What keeps a daemon from starting is said in one sentence, and harms no daemon that runs."""

import os
import shutil
import sqlite3
import stat
import unittest

import grpc
from modlab.v1 import job_pb2, server_pb2, server_pb2_grpc

import processes
from harness import BIN, DIGITS, PATIENCE, Daemon, FreshDaemonTest, score_spec, wait_until


class Start(FreshDaemonTest):
    def assert_does_not_start(self, daemon, *words, program=None):
        """A daemon ends by itself, with a status that is not 0 and a sentence on standard error with all of `words`."""
        command = daemon.command()
        if program:
            command[0] = str(program)
        with daemon.log.open("w") as log:
            process = processes.start(command, self.home.environment, log)
        self.assertGreater(process.wait(PATIENCE), 0)
        said = daemon.log.read_text()
        for word in words:
            self.assertIn(word, said)
        self.assert_serves()

    def assert_serves(self):
        self.assertEqual(self.daemon.serves().pid, self.daemon.process.pid)

    def another(self):
        return Daemon(self.home, name="another")

    def test_data_directory_in_use(self):
        another = self.another()
        another.data = self.daemon.data
        self.assert_does_not_start(another, str(self.daemon.data), "in use")

    def test_socket_in_use(self):
        another = self.another()
        another.socket = self.daemon.socket
        self.assert_does_not_start(another, str(self.daemon.socket))

    def test_port_in_use(self):
        # The kernel picks a free port; the second daemon is told that very one.
        one = self.another()
        one.command = lambda: [str(BIN / "modlabd"), "--listen", "127.0.0.1:0", "--data-dir", str(one.data), "--insecure"]
        one.launch()
        port = wait_until(lambda: self.listening_port(one.process.pid), "a port is listened on")
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            server = server_pb2_grpc.ServerServiceStub(channel).GetServer(
                server_pb2.GetServerRequest(), timeout=PATIENCE, wait_for_ready=True)
        self.assertEqual(server.pid, one.process.pid)
        two = Daemon(self.home, name="two")
        two.command = lambda: [
            str(BIN / "modlabd"), "--listen", f"127.0.0.1:{port}", "--data-dir", str(two.data), "--insecure"]
        self.assert_does_not_start(two, str(port))
        self.assertEqual(one.terminate(), 0)

    def listening_port(self, pid):
        """The TCP port that a process listens on, from /proc; 0 while there is none."""
        sockets = set()
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            try:
                sockets.add(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
            except OSError:
                continue
        for table in ("tcp", "tcp6"):
            with open(f"/proc/net/{table}", encoding="ascii") as lines:
                for line in list(lines)[1:]:
                    fields = line.split()
                    if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                        return int(fields[1].rpartition(":")[2], 16)
        return 0

    def test_tcp_needs_to_be_told_that_it_is_insecure(self):
        another = self.another()
        another.command = lambda: [str(BIN / "modlabd"), "--listen", "127.0.0.1:0", "--data-dir", str(another.data)]
        self.assert_does_not_start(another, "--insecure")

    def test_data_directory_that_cannot_be_made(self):
        another = self.another()
        file = self.home.path / "file"
        file.write_text("not a directory")
        another.data = file / "data"
        self.assert_does_not_start(another, str(another.data))

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_data_directory_that_cannot_be_written(self):
        another = self.another()
        another.data.mkdir(mode=0o500)
        self.assert_does_not_start(another, str(another.data))

    def test_newer_schema(self):
        another = self.another().start()
        another.terminate()
        (database,) = [path for path in another.data.rglob("*") if path.is_file() and path.read_bytes().startswith(b"SQLite")]
        with sqlite3.connect(database) as connection:
            connection.execute("PRAGMA user_version = 1000")
        connection.close()
        self.assert_does_not_start(another, "1000", "newer")

    def test_missing_programs(self):
        for missing in ("modlab-worker", "modlab-supervisor"):
            with self.subTest(missing):
                folder = self.home.path / f"without-{missing}"
                folder.mkdir()
                for program in {"modlabd", "modlab-worker", "modlab-supervisor"} - {missing}:
                    os.symlink(BIN / program, folder / program)
                # A copy, since a program is looked for beside the daemon's own file.
                (folder / "modlabd").unlink()
                shutil.copy(BIN / "modlabd", folder / "modlabd")
                self.assert_does_not_start(self.another(), missing, program=folder / "modlabd")

    def test_bad_options(self):
        for options in (["--workers", "0"], ["--workers", "many"], ["--listen", "nonsense"], ["--unknown"], ["--config", "/none"]):
            with self.subTest(options):
                another = Daemon(self.home, *options, name="another")
                self.assert_does_not_start(another, options[0].lstrip("-"))

    def test_socket_and_data_are_private(self):
        self.assertEqual(stat.S_IMODE(self.daemon.data.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(self.daemon.socket.stat().st_mode) & 0o077, 0)

    def test_a_socket_left_by_a_killed_daemon_is_taken_over(self):
        self.daemon.kill()
        self.assertTrue(self.daemon.socket.exists())
        self.start_daemon()
        self.assert_serves()

    def test_configuration_file(self):
        config = self.home.path / "modlabd.conf"
        another = Daemon(self.home, "--config", config, name="another")
        config.write_text("workers = 1\n")
        another.start()
        self.assertEqual(another.serves().workers, 1)
        another.terminate()
        another.options += ("--workers", 3)
        another.start()
        self.assertEqual(another.serves().workers, 3, "flags over the file")
        another.terminate()
        config.write_text("wrokers = 1\n")
        self.assert_does_not_start(another, "wrokers")

    def test_threads_per_worker(self):
        self.daemon.terminate()
        self.daemon.options = ("--threads-per-worker", 1, "--workers", 1)
        self.start_daemon()
        job = self.finish(self.create(score_spec(self.push(DIGITS))).name)
        self.assertEqual(job.state, job_pb2.Job.SUCCEEDED)
        self.assertEqual(job.spec.resources.threads, 1)


if __name__ == "__main__":
    unittest.main()
