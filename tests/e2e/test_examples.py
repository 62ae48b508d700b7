"""The examples in other languages work against the real daemon, as they are."""

import re
import sys
import unittest

import processes
from harness import BUILD, DIGITS, PATIENCE, SOURCE, EndToEndTest


class PythonExample(EndToEndTest):
    def score(self, *arguments, code=0):
        finished = processes.run(
            [sys.executable, SOURCE / "client" / "examples" / "python" / "score.py", *map(str, arguments)], PATIENCE,
            env=dict(self.home.environment, MODLAB_SERVER=self.daemon.address, PYTHONPATH=str(BUILD / "python")))
        self.assertEqual(finished.returncode, code, finished.stderr)
        return finished

    def test_it_prints_what_the_client_prints(self):
        said = self.score(DIGITS).stdout
        (job,) = self.modlab_json("job", "list", "--kind", "score", "--limit", 1)["jobs"]
        partition = self.modlab_json("job", "result", job["name"])["result"]["score"]["partitions"][0]
        found = re.search(r"Q\D*(-?\d+\.\d+)", said)
        self.assertTrue(found, said)
        self.assertAlmostEqual(float(found.group(1)), partition["modularity"]["newman"], places=3)

    def test_it_fails_with_a_sentence(self):
        self.assertIn("not", self.score(SOURCE / "README.md", code=1).stderr)


if __name__ == "__main__":
    unittest.main()
