"""Every command of the client, as table, as JSON and as bare ids, and every exit code that it may leave with."""

import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import unittest

from modlab.v1 import job_pb2

import processes
from harness import BIN, DIGITS, PATIENCE, EndToEndTest, model_with, endless_spec, score_spec

EXIT_CODES = {0: "ok", 1: "failed", 2: "usage", 3: "not found", 5: "unreachable|reached", 6: "refused", 7: "timed out|wait",
              130: "interrupt"}


class Help(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        cls.make_home(cls.addClassCleanup)  # no daemon: help needs none

    def help(self, *command):
        out, _ = self.modlab(*command, "--help", server="")
        return out

    def test_exit_codes_are_documented(self):
        text = self.help()
        for code, word in EXIT_CODES.items():
            self.assertRegex(text, rf"(?m)^\s*{code}\b.*(?i:{word})", f"exit code {code}")

    def test_every_command_has_help_with_an_example(self):
        commands = []

        def visit(*command):
            text = self.help(*command)
            section = re.search(r"(?ms)^(?:Subcommands|Commands):\n(.*?)(?:\n\n|\Z)", text)
            names = re.findall(r"(?m)^  (\w[\w-]*)", section.group(1)) if section else []
            for name in names:
                visit(*command, name)
            if command and not names:
                commands.append(" ".join(command))
                self.assertRegex(text, rf"(?ms)^Examples:.*^  .*modlab {' '.join(command)}", command)

        visit()
        self.assertLessEqual(
            {"score", "graph", "agreement", "compare", "plot", "report", "experiment run", "experiment resume", "significance", "version", "model push", "model compose", "model list", "model show", "model pull", "model delete", "job list",
             "job show", "job watch", "job logs", "job cancel", "job wait", "job result", "job delete", "job submit", "server start",
             "server stop", "server status", "server queue", "server drain", "server undrain", "server list", "server remove",
             "completion"}, set(commands))

    def test_version(self):
        out, _ = self.modlab("version", server="")
        self.assertRegex(out, r"\d+\.\d+\.\d+")

    def test_usage_errors(self):
        for arguments in ([], ["nonsense"], ["score"], ["score", "x", "--no-such-option"], ["score", "x", "-k", "many"],
                          ["job", "list", "--state", "nonsense"], ["score", "x", "--time-limit", "5 bananas"],
                          ["score", "x", "--memory-limit", "lots"], ["job", "list", "-o", "xml"], ["job", "show", "models/x"],
                          ["score", "x", "--kernel-norm", "l3"], ["job", "list", "--label", "nosign"]):
            with self.subTest(arguments):
                out, err = self.modlab(*arguments, server="unix:/nowhere", code=2)
                self.assertEqual(out, "")
                self.assertTrue(err.strip())


class Commands(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls().push(DIGITS)
        cls.id = cls.model.name.partition("/")[2]

    def new_job(self, **options):
        return self.create(score_spec(self.model, **options)).name.partition("/")[2]

    def endless_job(self):
        name = self.create(endless_spec(self.model)).name.partition("/")[2]
        self.addCleanup(self.cancel_if_running, "jobs/" + name)
        return name

    def cancel_if_running(self, name):
        unfinished = self.jobs.ListJobs(job_pb2.ListJobsRequest(states=[job_pb2.Job.QUEUED, job_pb2.Job.RUNNING])).jobs
        if name in [job.name for job in unfinished]:
            self.cancel(name)

    # --- score

    def test_score_table(self):
        out, err = self.modlab("score", DIGITS, "-k", 3, "--seed", 1, "--method", "spectral")
        for words in ("digits-mlp.pt", "106 units in 3 layers", "hidden", "output", "3 clusters", "eigenvalues", "eigengap",
                      "seed", "time"):
            self.assertIn(words, out)
        self.assertRegex(out, r"(?m)^Q +-?0\.\d{4}")
        self.assertRegex(out, r"(?m)^n-cut +\d\.\d{4}")
        self.assertNotIn("\x1b", out + err)

    def test_score_json_has_what_scripts_rely_on(self):
        job = self.modlab_json("score", DIGITS, "-k", 3, "--seed", 1, "--method", "spectral", "--nulls", 0, "--stability", 0)
        self.assertEqual(job["state"], "SUCCEEDED")
        graph = job["result"]["score"]["graph"]
        self.assertEqual(graph["units"], 106)
        self.assertEqual(graph["edges"], 64 * 32 + 32 * 10)
        self.assertEqual([(group["operation"], group["units"]) for group in graph["groups"]],
                         [("input", 64), ("linear", 32), ("linear", 10)])
        self.assertEqual([group["name"] for group in graph["groups"][1:]], ["hidden", "output"])
        (partition,) = job["result"]["score"]["partitions"]
        self.assertEqual(partition["method"], "SPECTRAL")
        self.assertEqual(partition["clusters"], 3)
        self.assertEqual(len(partition["labels"]), 106)
        self.assertEqual(set(partition["labels"]), {0, 1, 2})
        self.assertEqual(partition["sizes"], [partition["labels"].count(cluster) for cluster in range(3)])
        self.assertEqual(partition["modularity"]["resolution"], 1)
        self.assertIsInstance(partition["modularity"]["newman"], float)
        self.assertAlmostEqual(partition["aveInOut"], (3 - partition["ncut"]) / (2 * partition["ncut"]), places=12)
        self.assertEqual(len(partition["eigenvalues"]), 4)
        self.assertEqual(partition["eigenvalues"], sorted(partition["eigenvalues"]))
        self.assertEqual(partition["seed"], 1)
        provenance = job["result"]["provenance"]
        self.assertEqual(provenance["modelSha256"], self.model.sha256)
        self.assertLessEqual({"modlab", "libtorch", "eigen", "spectra", "compiler"}, set(provenance["versions"]))
        self.assertEqual([timing["phase"] for timing in provenance["timings"]],
                         ["load", "read", "embed", "cluster", "measure", "export"])
        self.assertEqual(provenance["spec"]["score"]["partitions"][0]["spectral"]["restarts"], 100)

    def test_score_again_gives_the_same_bits(self):
        results = [self.modlab_json("score", DIGITS, "-k", 5, "--seed", 3)["result"]["score"] for _ in range(2)]
        self.assertEqual(*results)

    def test_score_options_reach_the_job(self):
        job = self.modlab_json("score", self.id, "--method", "spectral", "-k", 2, "--restarts", 7, "--seed", 4, "--resolution", 0.5, "--kernel-norm",
                               "l2", "--time-limit", "5m", "--memory-limit", "2GiB", "--label", "a=b", "--priority", 3)
        spec = job["spec"]
        self.assertEqual(spec["score"]["partitions"], [{"spectral": {"clusters": 2, "restarts": 7}}])
        self.assertEqual((spec["seed"], spec["score"]["resolution"], spec["score"]["graph"]["kernelNorm"]), (4, 0.5, "L2"))
        self.assertEqual((spec["resources"]["wallTime"], spec["resources"]["memoryBytes"]), ("300s", str(2 << 30)))
        self.assertEqual((job["labels"], job["priority"]), ({"a": "b"}, 3))
        self.assertEqual(job["result"]["score"]["partitions"][0]["modularity"]["resolution"], 0.5)

    def test_score_detached_prints_the_id(self):
        out, err = self.modlab("score", self.id, "--detach")
        self.assertIn("modlab job watch " + out.strip(), err)
        quiet, nothing = self.modlab("score", self.id, "--detach", "-q")
        self.assertRegex(quiet, r"\A\w+\n\Z")
        self.assertEqual(nothing, "")

    def test_print_spec_is_what_submit_reads(self):
        spec, _ = self.modlab("score", self.id, "-k", 4, "--seed", 2, "--print-spec")
        path = self.home.path / "spec.json"
        path.write_text(spec)
        submitted = self.modlab_json("job", "submit", path, "--wait")
        self.assertEqual(submitted["result"]["score"], self.modlab_json("score", self.id, "-k", 4, "--seed", 2)["result"]["score"])

    # --- model

    def test_model_push_list_show(self):
        pushed, _ = self.modlab("model", "push", DIGITS, "-q")
        self.assertEqual(pushed.strip(), self.id)
        table, _ = self.modlab("model", "list")
        self.assertIn(self.id, table)
        self.assertIn("ready", table)
        listed = self.modlab_json("model", "list")["models"]
        self.assertIn(self.model.name, [model["name"] for model in listed])
        shown = self.modlab_json("model", "show", self.id)
        self.assertEqual(shown["state"], "READY")
        self.assertEqual(shown["inspection"]["parameters"], 64 * 32 + 32 + 32 * 10 + 10)
        self.assertEqual(shown["inspection"]["inputShapes"], [{"dimensions": [1, 64], "dtype": ""}])
        table, _ = self.modlab("model", "show", self.id)
        for words in ("digits-mlp.pt", self.model.sha256, "2410", "hidden", "linear"):
            self.assertIn(words, table)

    def test_model_pull(self):
        copy = self.home.path / "copy.pt"
        out, _ = self.modlab("model", "pull", self.id, "--to", copy)
        self.assertEqual(out.strip(), str(copy))
        self.assertEqual(copy.read_bytes(), DIGITS.read_bytes())
        self.modlab("model", "pull", self.id, "--to", copy, code=2)
        self.modlab("model", "pull", self.id, "--to", copy, "--overwrite")

    def test_model_delete(self):
        path = self.home.path / "another.pt"
        path.write_bytes(model_with("to be deleted"))
        name, _ = self.modlab("model", "push", path, "--name", "gone", "--label", "for=deletion", "-q")
        listed, _ = self.modlab("model", "list", "--label", "for=deletion", "-q")
        self.assertEqual(listed, name)
        self.modlab("model", "delete", name.strip())
        self.modlab("model", "show", name.strip(), code=3)
        listed, _ = self.modlab("model", "list", "--label", "for=deletion", "-q")
        self.assertEqual(listed, "")

    # --- job

    def test_job_list_and_show(self):
        labelled = self.create(score_spec(self.model), labels={"test": "list"}).name.partition("/")[2]
        self.finish("jobs/" + labelled)
        listed, _ = self.modlab("job", "list", "--label", "test=list", "--state", "succeeded", "--kind", "score", "-q")
        self.assertEqual(listed.strip(), labelled)
        table, _ = self.modlab("job", "list", "--label", "test=list")
        for words in (labelled, "score", "succeeded", "test=list"):
            self.assertIn(words, table)
        several = self.modlab_json("job", "list", "--limit", 1)
        self.assertEqual(len(several["jobs"]), 1)
        shown = self.modlab_json("job", "show", labelled)
        self.assertEqual(shown["attempts"][0]["number"], 1)
        table, _ = self.modlab("job", "show", "jobs/" + labelled)
        self.assertIn("succeeded", table)

    def test_job_submit_from_standard_input(self):
        spec = json.dumps({"inspect": {"model": self.model.name}})
        process = self.start_modlab("job", "submit", "-", "--wait", "-o", "json", stdin=subprocess.PIPE)
        out, err = process.communicate(spec)
        self.assertEqual(process.returncode, 0, err)
        job = json.loads(out)
        self.assertEqual(job["kind"], "INSPECT")
        self.assertEqual(job["result"]["inspect"]["graph"]["units"], 106)

    def test_job_watch_prints_events(self):
        name = self.new_job()
        out, _ = self.modlab("job", "watch", name)
        self.assertRegex(out, r"(?s)queued.*running.*succeeded")
        lines, _ = self.modlab("job", "watch", name, "-o", "json")
        events = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual([event["sequence"] for event in events], list(range(1, len(events) + 1)))
        rest, _ = self.modlab("job", "watch", name, "-o", "json", "--after", len(events) - 2)
        self.assertEqual(rest.splitlines(), lines.splitlines()[-2:])

    def test_job_wait_and_result(self):
        name = self.new_job()
        waited = self.modlab_json("job", "wait", name)
        self.assertEqual(self.modlab_json("job", "result", name), waited)
        table, _ = self.modlab("job", "result", name)
        self.assertIn("n-cut", table)

    def test_job_wait_times_out(self):
        _, err = self.modlab("job", "wait", self.endless_job(), "--timeout", "0.2s", code=7)
        self.assertIn("modlab job watch", err)

    def test_job_result_of_an_unfinished_job_is_refused(self):
        self.modlab("job", "result", self.endless_job(), code=6)

    def test_job_cancel(self):
        for options in ([], ["--force"]):
            name = self.endless_job()
            self.wait_for_state("jobs/" + name, job_pb2.Job.RUNNING)
            self.modlab("job", "cancel", name, *options)
            _, err = self.modlab("job", "wait", name, code=1)
            self.assertIn("cancelled", err)
            self.modlab("job", "cancel", name, code=6)

    def test_cancelling_a_queued_job(self):
        blockers = [self.endless_job() for _ in range(2)]
        for blocker in blockers:
            self.wait_for_state("jobs/" + blocker, job_pb2.Job.RUNNING)
        name = self.new_job()
        cancelled = self.modlab_json("job", "cancel", name)
        self.assertEqual((cancelled["state"], cancelled["attempts"]), ("CANCELLED", []))

    def test_job_delete(self):
        name = self.endless_job()
        _, err = self.modlab("job", "delete", name, code=6)
        self.assertIn("cancel", err)
        self.cancel("jobs/" + name)
        self.modlab("job", "delete", name)
        self.modlab("job", "show", name, code=3)

    def test_a_job_that_did_not_succeed_exits_with_one(self):
        name = self.endless_job()
        self.cancel("jobs/" + name)
        self.modlab("job", "result", name, code=1)
        self.modlab("job", "watch", name, code=1)

    def test_interrupted_wait(self):
        name = self.endless_job()
        process = self.start_modlab("job", "wait", name)
        while "%" not in process.stderr.readline():
            pass  # until it waits
        process.send_signal(signal.SIGINT)
        _, err = self.end_of(process, 130)
        self.assertIn(name, err)

    def test_unknown_ids(self):
        for arguments in (["model", "show"], ["model", "pull"], ["model", "delete"], ["job", "show"], ["job", "watch"],
                          ["job", "wait"], ["job", "result"], ["job", "cancel"], ["job", "delete"], ["score"]):
            with self.subTest(arguments):
                _, err = self.modlab(*arguments, "nosuchid", code=3)
                self.assertIn("nosuchid", err)

    # --- server

    def test_server_status(self):
        out, _ = self.modlab("server", "status")
        for words in ("seccomp", self.daemon.address, str(self.daemon.process.pid)):
            self.assertIn(words, out)
        self.assertEqual(self.modlab_json("server", "status")["pid"], self.daemon.process.pid)

    def test_unreachable_server(self):
        for server, options in (("unix:/nowhere", []), ("127.0.0.1:1", ["--insecure"])):
            _, err = self.modlab("job", "list", *options, server=server, code=5)
            self.assertIn(server.removeprefix("unix:"), err)

    def test_unencrypted_server_must_be_meant(self):
        """A server without TLS is not spoken to unless that is asked for, and never learns what was to be said."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            command = self.start_modlab("job", "list", server=address)
            connection, _ = listener.accept()
            with connection:
                self.assertEqual(connection.recv(1), b"\x16", "the first byte of a TLS handshake")
            listener.close()
            self.end_of(command, 5)

    # --- output

    def test_flags_over_environment_over_configuration(self):
        config = pathlib.Path(self.home.environment["XDG_CONFIG_HOME"]) / "modlab" / "config"
        config.parent.mkdir()
        self.addCleanup(config.parent.rmdir)
        self.addCleanup(config.unlink)
        config.write_text(f'server = "{self.daemon.address}"\n')
        self.modlab("server", "status", server="")
        self.modlab("server", "status", server="unix:/nowhere", code=5)
        self.modlab("--server", self.daemon.address, "server", "status", server="unix:/nowhere")

    def test_lists_wide_and_as_json_lines(self):
        self.finish("jobs/" + self.new_job())
        for family, word in (("job", "attempts"), ("model", "inspection")):
            with self.subTest(family):
                whole = self.modlab_json(family, "list", "--limit", 0)[family + "s"]
                lines, _ = self.modlab(family, "list", "--limit", 0, "-o", "jsonl")
                self.assertEqual([json.loads(line) for line in lines.splitlines()], whole)
                narrow, _ = self.modlab(family, "list")
                wide, _ = self.modlab(family, "list", "-o", "wide")
                for heading in ("owner", word):
                    self.assertIn(heading, wide)
                    self.assertNotIn(heading, narrow)
        one, _ = self.modlab("model", "show", self.id, "-o", "jsonl")
        self.assertEqual(one.count("\n"), 1)
        self.assertEqual(json.loads(one), self.modlab_json("model", "show", self.id))
        servers, _ = self.modlab("server", "list", "-o", "jsonl")
        self.assertEqual(json.loads(servers), {"name": "local", "address": "", "used": True})
        self.assertEqual(self.modlab_json("server", "list"), {"servers": [json.loads(servers)]})

    def test_timeout_of_the_whole_command(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and says nothing
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            _, err = self.modlab("--timeout", "0.3s", "--insecure", "job", "list", server=address, code=5)
            self.assertIn("--timeout", err)
        name = self.endless_job()
        _, err = self.modlab("--timeout", "2s", "job", "wait", name, code=7)
        self.assertIn("modlab job watch", err)
        self.modlab("job", "wait", name, "--timeout", "0.2s", code=7)  # its own, as before

    def test_colour_only_on_a_terminal_that_wants_it(self):
        for no_color, bold in (("", True), ("1", False)):
            terminal, end = pty.openpty()
            process = processes.Process(
                [BIN / "modlab", "server", "status"], stdin=subprocess.DEVNULL, stdout=end, stderr=end,
                env=dict(self.home.environment, MODLAB_SERVER=self.daemon.address, TERM="xterm", NO_COLOR=no_color))
            self.assertEqual(process.wait(PATIENCE), 0)
            os.close(end)
            self.assertEqual(b"\x1b[" in os.read(terminal, 1 << 16), bold)
            os.close(terminal)

    def test_closed_output_is_no_crash(self):
        read, write = os.pipe()
        os.close(read)
        process = processes.run([BIN / "modlab", "job", "list"], PATIENCE, stdout=write,
                                env=dict(self.home.environment, MODLAB_SERVER=self.daemon.address))
        os.close(write)
        self.assertIn(process.returncode, (2, -signal.SIGPIPE), process.stderr)


if __name__ == "__main__":
    unittest.main()
