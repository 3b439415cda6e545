"""Checks that alerts reach those for whom they are: a part of promises.py."""

import re
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
OBSERVABILITY = REPOSITORY / "observability"

# Who hears of what. A severity that is not here would be nobody's.
HEARD_BY = {"critical": "wake", "warning": "tell", "info": "tell"}


def alerts(manifests):
    """Every alert has a page of what to do, and reaches those for whom it is; nothing critical is held back."""
    rules = rules_of(manifests)
    config = yaml.safe_load(manifests.data("alertmanager-config")["alertmanager.yml"])
    yield from written_down(manifests, rules)
    yield from routed(manifests, config, rules)
    yield from addressed(config)
    yield from held_back(config, rules)


def rules_of(manifests):
    """The alerts that Prometheus is given."""
    return [rule for text in manifests.data("prometheus-rules").values()
             for group in yaml.safe_load(text)["groups"] for rule in group["rules"] if "alert" in rule]


def written_down(manifests, rules):
    """All files of rules are there, and each alert has its heading in docs/operations.md."""
    if len(rules) < 24:
        yield f"Prometheus has {len(rules)} alerts"
    written = {file.name for folder in ("rules", "platform")
               for file in (OBSERVABILITY / "prometheus" / folder).glob("*.yml")}
    if written != manifests.data("prometheus-rules").keys():
        yield f"Prometheus is not given {sorted(written - manifests.data('prometheus-rules').keys())}"
    page = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^### (.+)$", page, re.M)}
    for rule in rules:
        file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        if file != "docs/operations.md" or anchor not in headings:
            yield f"{rule['alert']}: there is no {rule['annotations']['runbook_url']}"


def routed(manifests, config, rules):
    """From Prometheus to Alertmanager, and from there to the receiver of the severity, here as beside compose."""
    prometheus = yaml.safe_load(manifests.data("prometheus-config")["prometheus.yml"])
    targets = [target for manager in prometheus.get("alerting", {}).get("alertmanagers", [])
               for config in manager["static_configs"] for target in config["targets"]]
    if targets != ["alertmanager:9093"] or 9093 not in manifests.listens("alertmanager"):
        yield f"Prometheus sends its alerts to {targets}"
    beside = (OBSERVABILITY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
    for part in ("route", "inhibit_rules"):
        if config[part] != yaml.safe_load(beside)[part]:
            yield f"Alertmanager's {part} is another one beside docker-compose.yml"
    for rule in rules:
        heard = "heartbeat" if rule["alert"] == "Watchdog" else HEARD_BY.get(rule["labels"]["severity"])
        if told(config, rule) != heard:
            yield f"{rule['alert']} goes to {told(config, rule)}, not to {heard}"


def addressed(config):
    """No address stands in the tree, and who is to be woken is called, by whatever pager."""
    kinds = {}
    for receiver in config["receivers"]:
        ways = [(kind, way) for kind, ways in receiver.items() if kind != "name" for way in ways]
        kinds[receiver["name"]] = {kind for kind, _ in ways}
        if not ways:
            yield f"{receiver['name']} tells nobody"
        for kind, way in ways:
            addresses = [value for name, value in way.items() if name.endswith("_file")]
            if not addresses or not all(address.startswith("/run/alerting/") for address in addresses):
                yield f"{receiver['name']}: {kind}: its address is no file of the secret: {addresses}"
    if not kinds["wake"] - kinds["tell"]:
        yield "critical alerts wake nobody: they go no other way than the rest"


def held_back(config, rules):
    """Only what follows from another alert, never something critical, and nothing that does not exist."""
    for rule in config["inhibit_rules"]:
        if not any(re.fullmatch(r'severity =~ "(warning|info|\|)+"', matcher) for matcher in rule["target_matchers"]):
            yield f"{rule['source_matchers']} may hold back something critical"
        named = re.findall(r"[A-Z]\w+", " ".join(rule["source_matchers"] + rule["target_matchers"]))
        unknown = set(named) - {known["alert"] for known in rules}
        if unknown:
            yield f"no such alert: {', '.join(sorted(unknown))}"


def told(config, rule):
    """The receiver of an alert: of the first route whose conditions hold, else of the root."""
    labels = rule["labels"] | {"alertname": rule["alert"]}
    for route in config["route"]["routes"]:
        pairs = [re.fullmatch(r'(\w+) = "(\w+)"', matcher) for matcher in route["matchers"]]
        if None in pairs:
            raise SystemExit(f"promises.py does not know the matchers {route['matchers']}")
        if all(labels.get(pair[1]) == pair[2] for pair in pairs):
            return route["receiver"]
    return config["route"]["receiver"]
