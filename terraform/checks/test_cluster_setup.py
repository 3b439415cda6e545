"""cluster-setup/install against stand-ins of `terraform`, `aws`, `kubectl` and `helm`."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "cluster-setup" / "install"

OUTPUTS = {"cluster_name": "the-cluster", "region": "eu-central-1", "vpc_id": "vpc-1"}

STAND_IN = """#!/bin/sh
program=$(basename "$0")
echo "$program [$KUBECONFIG] $*" >> "$STORE/commands"
for last; do :; done
case "$program" in
    terraform) cat "$STORE/$last" ;;
    aws) echo "cluster of $last" > "$KUBECONFIG" ;;
    *) cat "$KUBECONFIG" > /dev/null && [ "$program" != "$REFUSED" ] ;;
esac
"""


class ClusterSetup(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.store, programs = Path(scratch.name) / "store", Path(scratch.name) / "bin"
        for folder in (self.store, programs):
            folder.mkdir()
        for name in ("terraform", "aws", "kubectl", "helm"):
            (programs / name).write_text(STAND_IN)
            (programs / name).chmod(0o755)
        for name, value in OUTPUTS.items():
            (self.store / name).write_text(value)
        self.environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "STORE": str(self.store),
                                         "KUBECONFIG": str(self.store / "somebody's")}

    def install(self, *arguments, **environment):
        return subprocess.run([SCRIPT, *arguments], env=self.environment | environment, capture_output=True, text=True)

    def commands(self, program):
        file = self.store / "commands"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(program)]

    def test_every_chart_has_one_exact_version(self):
        done = self.install("staging")
        self.assertEqual(done.returncode, 0, done.stderr)
        charts = self.commands("helm")
        values = {path.name for path in SCRIPT.parent.glob("*.values.yaml")}
        self.assertEqual(len(charts), len(values))
        for chart in charts:
            self.assertRegex(chart, r" --version \d+\.\d+\.\d+ --repo https://")
            values -= set(re.findall(r"--values \S+/([^ /]+)", chart))
        self.assertEqual(values, set(), "values that no chart is given")

    def test_the_state_says_which_cluster_and_where(self):
        self.install("production")
        self.assertIn("/environments/production ", self.commands("terraform")[0])
        self.assertIn("update-kubeconfig --region eu-central-1 --name the-cluster", self.commands("aws")[0])
        balancer, _, autoscaler = self.commands("helm")
        for setting in ("clusterName=the-cluster", "region=eu-central-1", "vpcId=vpc-1"):
            self.assertIn(f" --set {setting}", balancer)
        for setting in ("autoDiscovery.clusterName=the-cluster", "awsRegion=eu-central-1"):
            self.assertIn(f" --set {setting}", autoscaler)

    def test_whatever_kubectl_is_used_for_otherwise_is_left_alone(self):
        self.install("staging")
        for command in self.commands("kubectl") + self.commands("helm") + self.commands("aws"):
            self.assertNotIn("somebody's", command)
        self.assertFalse((self.store / "somebody's").exists())

    def test_what_is_applied_is_there(self):
        self.install("staging")
        files = re.findall(r"-f (\S+)", " ".join(self.commands("kubectl")))
        self.assertEqual(len(files), 4)
        for file in files:
            self.assertTrue(Path(file).is_file(), file)

    def test_no_chart_is_installed_after_something_failed(self):
        self.assertNotEqual(self.install("staging", REFUSED="kubectl").returncode, 0)
        self.assertEqual(self.commands("helm"), [])
        self.assertNotEqual(self.install("staging", REFUSED="helm").returncode, 0)
        self.assertEqual(len(self.commands("helm")), 1)

    def test_an_environment_that_is_not_there_is_refused(self):
        for arguments in ((), ("",), ("nowhere",)):
            done = self.install(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn("production staging", done.stderr)
        self.assertEqual(self.commands("terraform"), [])


if __name__ == "__main__":
    unittest.main()
