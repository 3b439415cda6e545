"""Checks what the manifests promise and no scanner knows: who may call whom, what the world reaches, how a pod goes.

    promises.py BUILT.yaml …

Says each fault; ends with 1 if there is any. Needs PyYAML.
"""

import fnmatch
import ipaddress
import re
import sys
from pathlib import Path

import yaml

from alerting import alerts

REPOSITORY = Path(__file__).resolve().parents[2]

PORTS = {"frontend": 3000, "auth": 3001, "event": 3002, "ticket": 3003, "payment": 3004}
METRICS = {"auth": 9101, "event": 9102, "ticket": 9103, "payment": 9104}

# Those who make the database's users, copy it, and put it back.
MONGODB_JOBS = ["mongodb-init", "mongodb-backup", "mongodb-archive"]

# The map of docs/architecture.md, and those who measure.
ARROWS = {("payment", "ticket"), ("ticket", "event"), ("event", "auth"), ("ticket", "auth"), ("payment", "auth")}
CALLS = {(caller, called, PORTS[called]) for caller, called in ARROWS}
CALLS |= {("prometheus", service, port) for service, port in METRICS.items()}
CALLS |= {(service, "tempo", 4318) for service in METRICS}
CALLS |= {("grafana", "prometheus", 9090), ("grafana", "tempo", 3200), ("prometheus", "alertmanager", 9093)}
WITH_MONGODB = {(caller, "mongodb", 27017) for caller in [*METRICS, "mongodb", *MONGODB_JOBS]}
WITH_MONGODB |= {("prometheus", "kube-state-metrics", 8080)}

# Who may call addresses outside of the cluster, and on which ports.
KUBERNETES = {443, 6443}
WAYS_OUT = {"alertmanager": {443}, "prometheus": KUBERNETES, "kube-state-metrics": KUBERNETES}

PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}

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
        kinds = {"Deployment", "StatefulSet", "Job", "CronJob"}
        self.workloads = {item["metadata"]["name"]: item for item in self.objects if item["kind"] in kinds}
        self.pods = {name: self.template(name)["metadata"]["labels"] for name in self.workloads}

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

    def template(self, name):
        """Of what a workload makes its pods."""
        spec = self.workloads[name]["spec"]
        return spec.get("jobTemplate", {"spec": spec})["spec"]["template"]

    def containers(self, name):
        return self.template(name)["spec"]["containers"]

    def data(self, name):
        """What a ConfigMap holds, whose name ends in a hash."""
        return next((item["data"] for item in self.of("ConfigMap")
                     if item["metadata"]["name"].rpartition("-")[0] == name), {})

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


def ways_out(manifests):
    """Who reaches addresses outside of the cluster: those who must, on the port that it takes, and nothing inside by it."""
    wanted = {name: ports for name, ports in WAYS_OUT.items() if name in manifests.pods}
    settings = {item["metadata"]["name"]: item for item in manifests.of("NetworkPolicy")}
    if "services-to-atlas" in settings and not within(settings["services-to-atlas"]):
        wanted |= {name: {27017} for name in METRICS}
    if manifests.data("payment-config").get("PAYMENT_PROVIDER") == "stripe":
        wanted["payment"] = wanted.get("payment", set()) | {443}
    if "mongodb-backup-to-s3" in manifests.pods:
        wanted["mongodb-backup-to-s3"] = {443}
    found = {}
    for name, policy in settings.items():
        if name == "services-to-atlas" and within(policy):
            yield from to_private_endpoint(manifests, policy)
            continue
        for rule in policy["spec"].get("egress") or []:
            blocks = [peer["ipBlock"] for peer in rule.get("to") or [] if "ipBlock" in peer]
            # One address of the node itself is no way out.
            blocks = [block for block in blocks if not block["cidr"].endswith("/32")]
            if rule.get("to") and not blocks:
                continue
            for name in manifests.chosen(policy["spec"]["podSelector"]):
                found.setdefault(name, set()).update(entry["port"] for entry in rule.get("ports", [{"port": 0}]))
            if any(not PRIVATE <= set(block.get("except", [])) for block in blocks):
                yield f"{policy['metadata']['name']} lets calls to the world inside, too"
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name, set()) != wanted.get(name, set()):
            yield f"{name} reaches the world on {sorted(found.get(name, []))}, and not on {sorted(wanted.get(name, []))}"


def within(policy):
    """Whether all that a policy lets out stays in a network of ours."""
    blocks = [peer.get("ipBlock", {}).get("cidr", "0.0.0.0/0")
              for rule in policy["spec"]["egress"] for peer in rule.get("to", [{}])]
    return all(any(ipaddress.ip_network(block).subnet_of(ipaddress.ip_network(private)) for private in PRIVATE)
               for block in blocks)


def to_private_endpoint(manifests, policy):
    """To an address of the VPC that only Atlas knows go the services alone, on the ports that it may choose."""
    if chosen := set(manifests.chosen(policy["spec"]["podSelector"])) ^ METRICS.keys():
        yield f"the database is another one's, too, or not that of all services: {', '.join(sorted(chosen))}"
    ports = [(entry["port"], entry.get("endPort")) for rule in policy["spec"]["egress"] for entry in rule.get("ports", [])]
    if ports != [(1024, 65535)]:
        yield f"Atlas chooses among the ports 1024 to 65535, and not {ports}"


def database(manifests):
    """One way to a database, in the cluster or outside of it."""
    ways = ["mongodb" in manifests.pods, any(item["metadata"]["name"] == "services-to-atlas"
                                             for item in manifests.of("NetworkPolicy"))]
    if sum(ways) != 1:
        yield f"the services have {sum(ways)} databases"


def backups(manifests):
    """A database of our own is copied every day, by a job that nobody has stopped, and what is said of that is heard."""
    if "mongodb" not in manifests.pods:
        return
    spec = manifests.workloads.get("mongodb-backup", {}).get("spec")
    if spec is None:
        yield "nothing copies the database"
        return
    if spec.get("suspend"):
        yield "the backup is suspended"
    if not re.fullmatch(r"\d+ \d+ \* \* \*", spec["schedule"]):
        yield f"the backup does not run once a day: {spec['schedule']}"
    if spec["concurrencyPolicy"] != "Forbid" or spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 20 * 3600:
        yield "a backup that hangs may last until the next"
    variables = {entry["name"]: entry["value"] for entry in manifests.containers("mongodb-backup")[0]["env"]}
    if int(variables["KEEP"]) < 7:
        yield "backups of a week are not kept"
    for name in MONGODB_JOBS[1:]:
        claims = {volume.get("persistentVolumeClaim", {}).get("claimName")
                  for volume in manifests.template(name)["spec"]["volumes"]}
        if not claims & {item["metadata"]["name"] for item in manifests.of("PersistentVolumeClaim")}:
            yield f"{name} has no volume that stays"
    yield from carried_on(manifests)
    if not manifests.workloads["mongodb-archive"]["spec"].get("suspend"):
        yield "mongodb-archive runs by itself"
    if "state" not in {port.get("name") for port in manifests.containers("kube-state-metrics")[0]["ports"]}:
        yield "Prometheus does not look for kube-state-metrics by the name of its port"


def carried_on(manifests):
    """What carries the backups on knows where to, later than they are made, and may not change them."""
    if "mongodb-backup-to-s3" not in manifests.pods:
        return
    hours = [int(manifests.workloads[name]["spec"]["schedule"].split()[1])
             for name in ("mongodb-backup", "mongodb-backup-to-s3")]
    if not hours[0] < hours[1]:
        yield "backups are carried on before they are made"
    container = manifests.containers("mongodb-backup-to-s3")[0]
    if {"name": "BUCKET", "value": "BUCKET"} in container["env"]:
        yield "backups go to no bucket"
    if not all(mount.get("readOnly") for mount in container["volumeMounts"] if mount["name"] == "backups"):
        yield "what carries the backups on may change them"


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
        for check in (arrows, way_in, outside, ways_out, selectors, goodbye, database, backups, alerts):
            wrong += [f"{manifests.name}: {fault}" for fault in check(manifests)]
    print("\n".join(wrong) or "the manifests keep what they promise")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
