"""Checks what the manifests promise and no scanner knows: who may call whom, what the world reaches, how a pod goes.

    promises.py BUILT.yaml …

Says each fault; ends with 1 if there is any. Needs PyYAML.
"""

import fnmatch
import re
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]

PORTS = {"frontend": 3000, "auth": 3001, "event": 3002, "ticket": 3003, "payment": 3004}
METRICS = {"auth": 9101, "event": 9102, "ticket": 9103, "payment": 9104}

# The map of docs/architecture.md, and those who measure.
ARROWS = {("payment", "ticket"), ("ticket", "event"), ("event", "auth"), ("ticket", "auth"), ("payment", "auth")}
CALLS = {(caller, called, PORTS[called]) for caller, called in ARROWS}
CALLS |= {("prometheus", service, port) for service, port in METRICS.items()}
CALLS |= {(service, "tempo", 4318) for service in METRICS}
CALLS |= {("grafana", "prometheus", 9090), ("grafana", "tempo", 3200)}
WITH_MONGODB = {(caller, "mongodb", 27017) for caller in [*METRICS, "mongodb", "mongodb-init"]}

# The label by which the load balancer asks the controller to wait for it.
READINESS_GATE = "elbv2.k8s.aws/pod-readiness-gate-inject"


def endpoints():
    """Every endpoint of the services, from their code: path, service, and whether it is for services only."""
    for service in METRICS:
        for file in sorted((REPOSITORY / service / "src" / "routes").rglob("*.rs")):
            for found in re.finditer(r'path = "(/api/[^"]+)",\s*tag = "([^"]+)"', file.read_text(encoding="utf-8")):
                yield found[1], service, found[2] == "internal"


def matches(selector, labels):
    """Whether a label selector chooses what has these labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or []:
        if rule["operator"] != "In":
            raise SystemExit(f"promises.py does not know the operator {rule['operator']}")
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


class Manifests:
    """What one overlay applies."""

    def __init__(self, path):
        self.name = Path(path).stem
        self.objects = [item for item in yaml.safe_load_all(Path(path).read_text(encoding="utf-8")) if item]
        kinds = {"Deployment", "StatefulSet", "Job"}
        self.workloads = {item["metadata"]["name"]: item for item in self.objects if item["kind"] in kinds}
        self.pods = {name: item["spec"]["template"]["metadata"]["labels"] for name, item in self.workloads.items()}

    def of(self, kind):
        return [item for item in self.objects if item["kind"] == kind]

    def calls(self, direction, peers):
        """What the policies of one direction allow inside the namespace, as (from, to, port)."""
        allowed = set()
        for policy in self.of("NetworkPolicy"):
            for rule in policy["spec"].get(direction) or []:
                ports = [port for entry in rule.get("ports", [])
                         for port in range(entry["port"], entry.get("endPort", entry["port"]) + 1)]
                for peer in rule.get(peers) or []:
                    if "podSelector" not in peer or "namespaceSelector" in peer:
                        continue
                    for owner in self.chosen(policy["spec"]["podSelector"]):
                        for other in self.chosen(peer["podSelector"]):
                            pair = (owner, other) if direction == "egress" else (other, owner)
                            allowed |= {(*pair, port) for port in ports}
        return allowed

    def chosen(self, selector):
        return [name for name, labels in self.pods.items() if matches(selector, labels)]

    def containers(self, name):
        return self.workloads[name]["spec"]["template"]["spec"]["containers"]

    def listens(self, name):
        return {port["containerPort"] for container in self.containers(name) for port in container.get("ports", [])}


def arrows(manifests):
    """Exactly the map: a call is possible where its sender may send it and its receiver may receive it."""
    wanted = CALLS | (WITH_MONGODB if "mongodb" in manifests.pods else set())
    sent = manifests.calls("egress", "to")
    sent = {call for call in sent if call[2] in manifests.listens(call[1])}
    received = manifests.calls("ingress", "from")
    for call in sorted((sent & received) ^ wanted):
        word = "is possible and not on the map" if call in sent else "is on the map and not possible"
        yield "{} → {}:{} {}".format(*call, word)
    for call in sorted((sent | received) - wanted):
        yield "{} → {}:{} is allowed on one side, and not on the map".format(*call)
    denied = [policy for policy in manifests.of("NetworkPolicy") if policy["spec"]["podSelector"] == {}]
    if not any(set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"} and not policy["spec"].get("ingress")
               and not policy["spec"].get("egress") for policy in denied):
        yield "nothing denies what no policy names"


def way_in(manifests):
    """The first rule that fits decides: what is for services only leads nowhere, all else to its service."""
    for ingress in manifests.of("Ingress"):
        rules = ingress["spec"]["rules"]
        if len(rules) != 1:
            yield "the Ingress has more than one rule, whose paths the controller may shuffle"
        paths = rules[0]["http"]["paths"]
        yield from (f"{path['path']}: the controller moves what is {path['pathType']}" for path in paths
                    if path["pathType"] != "ImplementationSpecific")

        def answered_by(path):
            return next((entry["backend"]["service"]["name"] for entry in paths
                         if fnmatch.fnmatchcase(path, entry["path"])), None)

        found = 0
        for path, service, internal in endpoints():
            found += internal
            path = re.sub(r"\{[^}]+\}", "00000000-0000-7000-8000-000000000000", path)
            wanted = "not-found" if internal else service
            if answered_by(path) != wanted:
                yield f"{path} is answered by {answered_by(path)}, not by {wanted}"
        if not found:
            yield "no endpoint for services only was found in the code"
        for path, wanted in [("/", "frontend"), ("/orders/1/pay", "frontend"), ("/api/other", "not-found")]:
            if answered_by(path) != wanted:
                yield f"{path} is answered by {answered_by(path)}, not by {wanted}"
        ports = {entry["backend"]["service"]["port"].get("name") for entry in paths}
        if not ports <= {"http", "use-annotation"}:
            yield f"the Ingress leads to the ports {ports}"


def outside(manifests):
    """Whom addresses outside of the cluster reach: the public ports and no others."""
    for policy in manifests.of("NetworkPolicy"):
        for rule in policy["spec"].get("ingress") or []:
            peers = rule.get("from")
            if peers is None or any("ipBlock" in peer for peer in peers):
                ports = {entry["port"] for entry in rule.get("ports", [])}
                if not ports or not ports <= set(PORTS.values()):
                    yield f"{policy['metadata']['name']} lets outsiders to {ports or 'every port'}"
    for service in manifests.of("Service"):
        metrics = {port["port"] for port in service["spec"]["ports"]} & set(METRICS.values())
        if metrics:
            yield f"the Service {service['metadata']['name']} offers the metrics"


def selectors(manifests):
    """Each selector chooses something, and a label that every pod has stands in none."""
    for item in manifests.objects:
        name = f"{item['kind']} {item['metadata']['name']}"
        spec = item.get("spec") or {}
        selector = spec.get("selector") if item["kind"] != "Service" else {"matchLabels": spec["selector"]}
        if not selector:
            continue
        if not manifests.chosen(selector):
            yield f"{name} chooses no pod"
        if "app.kubernetes.io/part-of" in selector.get("matchLabels", {}):
            yield f"{name} chooses by a label that the build adds"
    for scaler in manifests.of("HorizontalPodAutoscaler"):
        spec = scaler["spec"]
        if spec["scaleTargetRef"]["name"] not in manifests.workloads or spec["minReplicas"] < 2:
            yield f"HorizontalPodAutoscaler {scaler['metadata']['name']} does not keep two replicas of anything"
        if "replicas" in manifests.workloads[spec["scaleTargetRef"]["name"]]["spec"]:
            yield f"{spec['scaleTargetRef']['name']}: its number of replicas is not the autoscaler's alone"


def goodbye(manifests):
    """A pod has time to be forgotten by load balancers, and then to finish its requests."""
    source = (REPOSITORY / "shared" / "src" / "server" / "run.rs").read_text(encoding="utf-8")
    drain = int(re.search(r"const DRAIN: Duration = Duration::from_secs\((\d+)\)", source)[1])
    for name in PORTS:
        pod = manifests.workloads[name]["spec"]["template"]["spec"]
        pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        grace = pod["terminationGracePeriodSeconds"]
        if grace < pause + drain + 5:
            yield f"{name} is killed after {grace} s: it pauses {pause} s and then drains for up to {drain} s"
        update = manifests.workloads[name]["spec"]["strategy"]["rollingUpdate"]
        if update != {"maxUnavailable": 0, "maxSurge": 1}:
            yield f"{name} is updated with {update}"
    gated = manifests.of("Namespace")[0]["metadata"]["labels"].get(READINESS_GATE) == "enabled"
    if manifests.of("Ingress") and not gated:
        yield "pods are not ready only once the load balancer finds them so"


def main():
    wrong = []
    for path in sys.argv[1:]:
        manifests = Manifests(path)
        for check in (arrows, way_in, outside, selectors, goodbye):
            wrong += [f"{manifests.name}: {fault}" for fault in check(manifests)]
    print("\n".join(wrong) or "the manifests keep what they promise")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
