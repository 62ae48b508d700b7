"""Completion as a shell drives it, and the manual pages as man reads them."""

import os
import re
import shutil
import socket
import unittest

import processes
from harness import BIN, DIGITS, PATIENCE, EndToEndTest, score_spec

# What bash does when Tab is pressed at the end of the line that $LINE holds: takes the line apart at spaces and at the
# characters of COMP_WORDBREAKS, and calls the function.
PRESS_TAB = r"""
source "$SCRIPT"
[[ $(complete -p modlab) == "complete -F _modlab modlab" ]] || exit 1
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_WORDS=() rest=$LINE
while [[ -n $rest ]]; do
  if [[ $rest =~ ^[[:space:]]+ ]]; then [[ ${#BASH_REMATCH} -eq ${#rest} ]] && COMP_WORDS+=("")
  elif [[ $rest =~ ^[=:]+ ]]; then COMP_WORDS+=("$BASH_REMATCH")
  else [[ $rest =~ ^[^=:[:space:]]+ ]]; COMP_WORDS+=("$BASH_REMATCH"); fi
  rest=${rest#"$BASH_REMATCH"}
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_modlab modlab "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


class Completion(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        cls.model = test.push(DIGITS)
        cls.job = test.finish(test.create(score_spec(cls.model)).name)
        cls.script = cls.home.path / "modlab.bash"
        cls.script.write_text(test.modlab("completion", "bash")[0])
        test.modlab("server", "add", "lab", cls.daemon.address, server="")

    def press_tab(self, line, server=None):
        server = self.daemon.address if server is None else server
        path = f"{BIN}:{os.environ['PATH']}"
        finished = processes.run(
            ["bash", "--norc", "-c", PRESS_TAB], PATIENCE, cwd=self.home.path,
            env=dict(self.home.environment, PATH=path, LINE=line, SCRIPT=str(self.script), MODLAB_SERVER=server))
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        return finished.stdout.split()

    def test_commands_and_options(self):
        self.assertLessEqual({"score", "job", "model", "server"}, set(self.press_tab("modlab ")))
        self.assertNotIn("man", self.press_tab("modlab "))
        self.assertEqual(self.press_tab("modlab jo"), ["job"])
        self.assertEqual(self.press_tab("modlab job lo"), ["logs"])
        self.assertEqual(self.press_tab("modlab job list --la"), ["--label"])
        self.assertIn("--server", self.press_tab("modlab job list --"))

    def test_choices(self):
        self.assertEqual(self.press_tab("modlab job list --state r"), ["running"])
        self.assertEqual(self.press_tab("modlab job list --state=r"), ["running"])
        self.assertIn("running", self.press_tab("modlab job list --state="))
        self.assertEqual(self.press_tab("modlab -o jsonl completion z"), ["zsh"])

    def test_ids(self):
        model, job = self.model.name.partition("/")[2], self.job.name.partition("/")[2]
        self.assertEqual(self.press_tab("modlab job show " + job[:8]), [job])
        self.assertEqual(self.press_tab("modlab job show jobs/" + job[:8]), [self.job.name])
        self.assertIn(model, self.press_tab("modlab score "))
        self.assertEqual(self.press_tab("modlab model delete "), [model])
        self.assertEqual(self.press_tab(f"modlab model delete {model} "), [])

    def test_servers_and_the_one_that_is_meant(self):
        self.assertEqual(self.press_tab("modlab --server l"), ["lab"])
        for server in ("--server lab", "--server=lab", f"--server {self.daemon.address}"):
            self.assertEqual(self.press_tab(f"modlab {server} model show ", server="unix:/nowhere"),
                             [self.model.name.partition("/")[2]], server)

    def test_files(self):
        (self.home.path / "my net.pt").touch()
        self.assertEqual(self.press_tab("modlab model push my"), ["my", "net.pt"])

    def test_silence_where_nobody_answers(self):
        self.assertEqual(self.press_tab("modlab job show ", server="unix:/nowhere"), [])
        self.assertEqual(self.press_tab("modlab job show ", server="not an address"), [])
        with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and says nothing
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            self.assertEqual(self.press_tab(f"modlab --insecure --server {address} job show ", server=""), [])

    def test_no_server_is_started(self):
        before = processes.running("modlabd")
        self.assertEqual(self.press_tab("modlab job show ", server=""), [])
        self.assertEqual(processes.running("modlabd"), before)

    def test_the_other_shells(self):
        for shell, check in (("zsh", ["-n"]), ("fish", ["--no-execute"])):
            with self.subTest(shell):
                out, _ = self.modlab("completion", shell)
                self.assertIn("__complete", out)
                if not shutil.which(shell):
                    self.skipTest(f"{shell} is not installed")
                path = self.home.path / ("modlab." + shell)
                path.write_text(out)
                finished = processes.run([shell, *check, path], PATIENCE)
                self.assertEqual((finished.returncode, finished.stderr), (0, ""))


class Manual(EndToEndTest):
    @classmethod
    def setUpClass(cls):
        cls.make_home(cls.addClassCleanup)
        cls.pages = cls.home.path / "man1"
        cls().modlab("man", "--to", cls.pages, server="")

    def test_a_page_for_every_command(self):
        names = {page.name for page in self.pages.iterdir()}
        self.assertLessEqual({"modlab.1", "modlab-job.1", "modlab-job-logs.1", "modlab-server-drain.1"}, names)
        self.assertNotIn("modlab-man.1", names)

    def test_a_page_says_what_help_says(self):
        page, _ = self.modlab("man", "server", "drain", server="")
        self.assertEqual(page, (self.pages / "modlab-server-drain.1").read_text())
        text, _ = self.modlab("server", "drain", "--help", server="")
        for option in re.findall(r"--[a-z]+", text.partition("Examples:")[0]):
            self.assertIn(option.replace("-", "\\-"), page)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_finds_no_fault(self):
        for page in sorted(self.pages.iterdir()):
            with self.subTest(page.name):
                finished = processes.run(["groff", "-man", "-ww", "-Kutf8", "-Tutf8", page], PATIENCE)
                self.assertEqual((finished.returncode, finished.stderr), (0, ""))
                text = re.sub(r"\x1b\[[\d;]*m|.\x08", "", finished.stdout)
                self.assertRegex(text, r"(?m)^(EXAMPLES|COMMANDS)$")
                self.assertRegex(text, r"(?m)^ +modlab [a-z<>]|^ +modlab-\w+")


if __name__ == "__main__":
    unittest.main()
