"""fill-secrets against stand-ins of `terraform` and `aws`."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "fill-secrets"

NAMES = ["auth", "event", "ticket", "payment", "internal", "alertmanager"]
OUTPUTS = {
    "region": "us-west-2",
    "secret_names": {name: f"ticketer/staging/{name}" for name in NAMES},
    "secret_keys": {
        "auth": {"required": ["MONGODB_URI", "SESSION_SECRET"], "optional": ["SESSION_SECRET_ALSO_ACCEPTED", "ADMIN_EMAIL", "ADMIN_PASSWORD"]},
        "event": {"required": ["MONGODB_URI"], "optional": []},
        "ticket": {"required": ["MONGODB_URI", "TICKET_SIGNING_KEY"], "optional": []},
        "payment": {"required": ["MONGODB_URI"], "optional": ["STRIPE_SECRET_KEY"]},
        "internal": {"required": ["INTERNAL_TOKEN"], "optional": []},
        "alertmanager": {"required": [], "optional": ["PAGERDUTY_ROUTING_KEY", "SLACK_WEBHOOK_URL"]},
    },
}

# Answers `output -json NAME`.
TERRAFORM = """#!/bin/sh
for name; do :; done
cat "$STORE/output_$name"
"""

# Called as: aws --region R secretsmanager VERB --secret-id ID …
AWS = """#!/bin/sh
echo "$@" >> "$STORE/commands"
secret="$STORE/$(echo "$6" | tr / _)"
if [ -n "$REFUSED" ]; then
    echo "An error occurred (AccessDeniedException)" >&2; exit 254
elif [ "$4 $8" = "put-secret-value file:///dev/stdin" ]; then
    cat > "$secret"
elif [ -e "$secret" ]; then
    cat "$secret"
else
    echo "An error occurred (ResourceNotFoundException): AWSCURRENT" >&2; exit 254
fi
"""


class FillSecrets(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.store = Path(scratch.name) / "store"
        programs = Path(scratch.name) / "bin"
        for folder in (self.store, programs):
            folder.mkdir()
        for name, source in {"terraform": TERRAFORM, "aws": AWS}.items():
            (programs / name).write_text(source)
            (programs / name).chmod(0o755)
        for name, value in OUTPUTS.items():
            (self.store / f"output_{name}").write_text(json.dumps(value))
        self.environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "STORE": str(self.store)}

    def run_with(self, answers, *arguments, **environment):
        # A session of its own has no terminal: answers come from the input.
        return subprocess.run([sys.executable, SCRIPT, "staging", *arguments], input="".join(a + "\n" for a in answers),
                              env=self.environment | environment, start_new_session=True, capture_output=True, text=True)

    def stored(self, name):
        return json.loads((self.store / f"ticketer_staging_{name}").read_text())

    def fill(self):
        uri = "mongodb+srv://user:secret@cluster0.example.mongodb.net/{}_db"
        # In the order of the names: alertmanager without a pager, auth with no administrator, event, (internal), payment
        # without Stripe, ticket.
        return self.run_with(["", "https://hooks.slack.com/services/T0/B0/x", uri.format("auth"), "", uri.format("event"), uri.format("payment"), "", uri.format("ticket")])

    def test_every_secret_gets_its_values(self):
        done = self.fill()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(self.stored("auth")), ["MONGODB_URI", "SESSION_SECRET"])
        self.assertEqual(sorted(self.stored("payment")), ["MONGODB_URI"])
        self.assertGreaterEqual(len(self.stored("internal")["INTERNAL_TOKEN"]), 32)
        self.assertEqual(len(base64.urlsafe_b64decode(self.stored("ticket")["TICKET_SIGNING_KEY"] + "=")), 32)

    def test_no_value_is_shown_or_put_on_a_command_line(self):
        done = self.fill()
        seen = done.stdout + done.stderr + (self.store / "commands").read_text()
        for name in NAMES:
            for value in self.stored(name).values():
                self.assertNotIn(value, seen)

    def test_what_is_there_stays(self):
        self.fill()
        before = {name: self.stored(name) for name in ("auth", "internal", "ticket")}
        (self.store / "commands").unlink()
        done = self.run_with(["", "", ""])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({name: self.stored(name) for name in before}, before)
        self.assertNotIn("put-secret-value", (self.store / "commands").read_text())

    def test_a_value_is_changed_when_it_is_named(self):
        self.fill()
        before = self.stored("internal")
        done = self.run_with(["", "", ""], "--again", "internal/INTERNAL_TOKEN")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotEqual(self.stored("internal"), before)

    def test_an_address_in_the_wrong_place_is_asked_for_again(self):
        done = self.run_with(["", "", "mongodb://host/event_db", "mongodb://user:<db_password>@host/auth_db", "mongodb://host/auth_db", "",
                              "mongodb://host/event_db", "mongodb://host/payment_db", "", "mongodb://host/ticket_db"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.stored("auth")["MONGODB_URI"], "mongodb://host/auth_db")

    def test_an_address_for_alerts_is_one_of_its_service(self):
        uri = "mongodb://host/{}_db"
        done = self.run_with(["short", "0" * 32, "https://example.com/x", "https://hooks.slack.com/services/T0/B0/x",
                              uri.format("auth"), "", uri.format("event"), uri.format("payment"), "", uri.format("ticket")])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.stored("alertmanager"), {"PAGERDUTY_ROUTING_KEY": "0" * 32,
                                                       "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x"})

    def test_a_secret_is_replaced_in_three_steps_and_is_never_unknown(self):
        self.fill()
        first = self.stored("auth")
        # What is accepted after each step must be what was used before it, and what will be used after the next.
        for step, used, accepted in [("announce", "old", "new"), ("switch", "new", "old"), ("retire", "new", None)]:
            done = self.run_with([], f"--{step}", "auth/SESSION_SECRET")
            self.assertEqual(done.returncode, 0, done.stderr)
            values = self.stored("auth")
            if step == "announce":
                secrets = {"old": first["SESSION_SECRET"], "new": values["SESSION_SECRET_ALSO_ACCEPTED"], None: None}
            self.assertEqual(values["SESSION_SECRET"], secrets[used])
            self.assertEqual(values.get("SESSION_SECRET_ALSO_ACCEPTED"), secrets[accepted])
            self.assertEqual(values["MONGODB_URI"], first["MONGODB_URI"])
            for secret in (secrets["old"], secrets["new"]):
                self.assertNotIn(secret, done.stdout + done.stderr + (self.store / "commands").read_text())
        self.assertGreaterEqual(len(secrets["new"]), 32)
        self.assertNotEqual(secrets["old"], secrets["new"])

    def test_a_step_out_of_turn_changes_nothing(self):
        self.fill()
        before = self.stored("auth")
        for step in ("switch", "retire"):
            self.assertNotEqual(self.run_with([], f"--{step}", "auth/SESSION_SECRET").returncode, 0)
        self.assertEqual(self.stored("auth"), before)
        self.run_with([], "--announce", "auth/SESSION_SECRET")
        announced = self.stored("auth")
        self.assertNotEqual(self.run_with([], "--announce", "auth/SESSION_SECRET").returncode, 0)
        self.assertEqual(self.stored("auth"), announced)
        self.assertNotEqual(self.run_with([], "--announce", "ticket/TICKET_SIGNING_KEY").returncode, 0)

    def test_a_refusal_is_not_taken_for_an_empty_secret(self):
        done = self.run_with([], REFUSED="yes")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("AccessDenied", done.stderr)
        self.assertNotIn("put-secret-value", (self.store / "commands").read_text())

    def test_a_name_that_is_not_there_is_refused(self):
        self.assertEqual(self.run_with([], "--again", "auth/MONGO_URI").returncode, 2)


if __name__ == "__main__":
    unittest.main()
