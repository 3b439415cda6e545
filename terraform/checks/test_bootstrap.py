"""bootstrap/apply against stand-ins of `terraform` and `aws`, in a copy of the folders that it writes to."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
ONE, OTHER = "111111111111", "222222222222"

# Signed in to $SIGNED_IN; a bucket is there once it was made, or is somebody else's.
AWS = """#!/bin/sh
echo "aws $*" >> "$STORE/commands"
case "$*" in
    *get-caller-identity*) echo "{\\"Account\\": \\"$SIGNED_IN\\"}" ;;
    *head-bucket*)
        [ -z "$TAKEN" ] || { echo "An error occurred (403) when calling the HeadBucket operation: Forbidden" >&2; exit 254; }
        [ -e "$STORE/$6" ] || { echo "An error occurred (404) when calling the HeadBucket operation: Not Found" >&2; exit 254; } ;;
    *create-bucket*) touch "$STORE/$6" ;;
esac
"""

# Remembers the backend of its data folder, as Terraform does, and refuses another.
TERRAFORM = """#!/bin/sh
echo "terraform $*" >> "$STORE/commands"
mkdir -p "$TF_DATA_DIR"
case "$2" in
    init)
        [ ! -e "$TF_DATA_DIR/backend" ] || [ "$(cat "$TF_DATA_DIR/backend")" = "$3 $4" ] || exit 1
        echo "$3 $4" > "$TF_DATA_DIR/backend" ;;
    apply) [ -z "$REFUSED" ] || exit 7 ;;
    output) echo "$(cat "$TF_DATA_DIR/backend")" | sed 's/-backend-config=\\([a-z]*\\)=\\([^ ]*\\) */\\1 = "\\2"\\n/g' | sed '/^$/d' ;;
esac
"""


class Bootstrap(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tree, self.store = Path(scratch.name) / "terraform", Path(scratch.name) / "store"
        programs = Path(scratch.name) / "bin"
        for folder in (self.store, programs, self.tree / "bootstrap"):
            folder.mkdir(parents=True)
        for environment in (TREE / "environments").iterdir():
            (self.tree / "environments" / environment.name).mkdir(parents=True)
        shutil.copy(TREE / "bootstrap" / "apply", self.tree / "bootstrap")
        for name, source in {"terraform": TERRAFORM, "aws": AWS}.items():
            (programs / name).write_text(source)
            (programs / name).chmod(0o755)
        self.environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "STORE": str(self.store)}

    def apply(self, account, *arguments, **environment):
        command = [sys.executable, self.tree / "bootstrap" / "apply", account, *arguments]
        return subprocess.run(command, env=self.environment | {"SIGNED_IN": account} | environment,
                              capture_output=True, text=True)

    def commands(self):
        file = self.store / "commands"
        return file.read_text() if file.exists() else ""

    def backend(self, environment):
        file = self.tree / "environments" / environment / "backend.hcl"
        return file.read_text() if file.exists() else None

    def test_two_environments_may_live_in_two_accounts(self):
        for account, environment in ((ONE, "staging"), (OTHER, "production")):
            done = self.apply(account, environment)
            self.assertEqual(done.returncode, 0, done.stderr)
        for account, environment in ((ONE, "staging"), (OTHER, "production")):
            self.assertEqual(self.backend(environment),
                             f'bucket = "ticketer-terraform-{account}"\nregion = "us-west-2"\n')
        # And the first one again, although Terraform has spoken to the other's backend since.
        self.assertEqual(self.apply(ONE, "staging").returncode, 0)

    def test_or_both_in_one_elsewhere(self):
        done = self.apply(ONE, "staging", "production", "--region", "eu-central-1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.backend("staging"), self.backend("production"))
        self.assertIn('region = "eu-central-1"', self.backend("staging"))
        self.assertIn("LocationConstraint=eu-central-1", self.commands())

    def test_the_bucket_is_made_before_terraform_wants_it_and_once(self):
        self.apply(ONE, "staging")
        commands = self.commands()
        self.assertLess(commands.index("create-bucket"), commands.index("terraform -chdir"))
        self.assertEqual(self.apply(ONE, "staging").returncode, 0)
        self.assertEqual(self.commands().count("s3api create-bucket"), 1)

    def test_whoever_is_signed_in_elsewhere_changes_nothing(self):
        done = self.apply(ONE, "staging", SIGNED_IN=OTHER)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("bucket", self.commands())
        self.assertNotIn("terraform -chdir", self.commands())
        self.assertIsNone(self.backend("staging"))

    def test_a_bucket_of_somebody_else_is_not_used(self):
        done = self.apply(ONE, "staging", TAKEN="yes")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("somebody else's", done.stderr)
        self.assertNotIn("create-bucket", self.commands())
        self.assertNotIn("terraform -chdir", self.commands())

    def test_an_environment_does_not_move_to_another_account_by_mistake(self):
        self.apply(ONE, "staging")
        before, commands = self.backend("staging"), self.commands()
        self.assertNotEqual(self.apply(OTHER, "staging").returncode, 0)
        self.assertEqual((self.backend("staging"), self.commands()), (before, commands))

    def test_what_was_not_applied_is_not_told(self):
        self.assertEqual(self.apply(ONE, "staging", REFUSED="yes").returncode, 7)
        self.assertIsNone(self.backend("staging"))

    def test_an_account_has_twelve_digits(self):
        self.assertEqual(self.apply("1234", "staging").returncode, 2)
        self.assertEqual(self.apply(ONE, "nowhere").returncode, 2)


if __name__ == "__main__":
    unittest.main()
