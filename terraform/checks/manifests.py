"""Compares what k8s/ says of the cluster with what terraform/ makes: region, addresses, secrets' names, rights to deploy,
and what is installed in the cluster with its version.

Needs `kubectl` (for kustomize) and PyYAML, which checkov brings. Says each difference; ends with 1 if there is any.
"""

import ipaddress
import re
import subprocess
import sys
from pathlib import Path

import yaml

TREE = Path(__file__).resolve().parent.parent
OVERLAYS = TREE.parent / "k8s" / "overlays"
# What an overlay holds besides where its database is in the cluster.
IN_CLUSTER = [TREE.parent / "k8s" / "components" / name for name in ("mongodb", "backups-to-s3")]
APPLY = {"get", "update", "patch"}


def plural(kind):
    """A kind as rules name it: they are regular, but for these."""
    return {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "PriorityClass": "priorityclasses"}.get(
        kind, kind.lower() + "s")


def rules():
    """What the deployers may do: in the namespace, and outside of it."""
    documents = list(yaml.safe_load_all((TREE / "cluster-setup" / "deployer-rbac.yaml").read_text()))
    return ({document["kind"]: document["rules"] for document in documents if "rules" in document}[kind]
            for kind in ("Role", "ClusterRole"))


def allowed(rules, group, resource, name):
    return {verb for rule in rules if group in rule["apiGroups"] and resource in rule["resources"]
            and name in rule.get("resourceNames", [name]) for verb in rule["verbs"]}


def grants(role):
    """What a role gives, of which nobody may give what he has not himself."""
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield group, resource, set(rule["verbs"])


def rights(environment, objects):
    inside, outside = rules()
    for role in (item for item in objects if item["kind"] == "Role"):
        for group, resource, verbs in grants(role):
            if missing := verbs - allowed(inside, group, resource, role["metadata"]["name"]):
                yield f"{environment}: the deployers have no right to {', '.join(sorted(missing))} {resource} to give away"
    for item in objects:
        group = item["apiVersion"].rpartition("/")[0]
        kind, metadata = item["kind"], item["metadata"]
        namespaced = metadata.get("namespace")
        if namespaced not in (None, "ticketer"):
            yield f"{environment}: {kind} {metadata['name']} lies in {namespaced}, where nobody deploys"
            continue
        # What exists once for the cluster is made by an administrator; the workflow only changes it.
        needed = APPLY | {"create"} if namespaced else APPLY
        missing = needed - allowed(inside if namespaced else outside, group, plural(kind), metadata["name"])
        if missing:
            yield f"{environment}: the deployers may not {', '.join(sorted(missing))} {kind} {metadata['name']}"


def addresses(environment, objects):
    source = (TREE / "environments" / environment / "main.tf").read_text()
    vpc = ipaddress.ip_network(re.search(r'vpc_cidr\s*=\s*"([^"]+)"', source)[1])
    blocks = list(vpc.subnets(new_prefix=24))
    # As terraform/modules/network cuts them.
    public, private = blocks[96:99], blocks[:96] + blocks[104:107]
    config = next(item["data"] for item in objects if item["metadata"]["name"].startswith("ticketer-config"))
    proxies = [ipaddress.ip_network(network) for network in config["TRUSTED_PROXIES"].split(",")]
    # A pod or a node that is believed could give itself any address, and as many as it likes.
    if any(block.overlaps(network) for network in proxies for block in private) \
            or not all(network.subnet_of(vpc) for network in proxies):
        yield f"{environment}: TRUSTED_PROXIES is {config['TRUSTED_PROXIES']}: more than the load balancer's subnets"
    if not all(any(block.subnet_of(network) for network in proxies) for block in public):
        yield f"{environment}: TRUSTED_PROXIES is {config['TRUSTED_PROXIES']}, without the load balancer's subnets"
    policy = next(item for item in objects if item["metadata"]["name"] == "from-load-balancer")
    balancer = ipaddress.ip_network(policy["spec"]["ingress"][0]["from"][0]["ipBlock"]["cidr"])
    if not all(block.subnet_of(balancer) for block in public):
        yield f"{environment}: the load balancer's subnets are {', '.join(map(str, public))}, let in is {balancer}"
    if any(block.overlaps(balancer) for block in private):
        yield f"{environment}: {balancer}, let in as the load balancer, holds nodes or databases too"


def secrets(environment, objects):
    made = set(re.findall(r"^    (\w+)\s*= \{ required", (TREE / "modules" / "secrets" / "main.tf").read_text(), re.M))
    made = {f"ticketer/{environment}/{name}" for name in made}
    read = {source["extract"]["key"] for item in objects if item["kind"] == "ExternalSecret"
            for source in item["spec"]["dataFrom"]}
    if made != read:
        yield f"{environment}: made and not read: {sorted(made - read)}; read and not made: {sorted(read - made)}"


def regions(environment, objects):
    source = (TREE / "environments" / environment / "variables.tf").read_text()
    made = re.search(r'^variable "region" \{.*?default\s*=\s*"([^"]+)"', source, re.M | re.S)[1]
    for store in (item for item in objects if item["kind"] == "SecretStore"):
        if (read := store["spec"]["provider"]["aws"]["region"]) != made:
            yield f"{environment}: secrets are made in {made} and read in {read}"


def autoscaler():
    """It knows how one minor version of Kubernetes places pods: that of the cluster."""
    source = (TREE / "modules" / "platform" / "variables.tf").read_text()
    cluster = re.search(r'^variable "kubernetes_version" \{.*?default\s*=\s*"([^"]+)"', source, re.M | re.S)[1]
    values = yaml.safe_load((TREE / "cluster-setup" / "cluster-autoscaler.values.yaml").read_text())
    if not re.fullmatch(rf"v{re.escape(cluster)}\.\d+", tag := values["image"]["tag"]):
        yield f"cluster-setup: the autoscaler is {tag}, the cluster {cluster}"


def main():
    wrong = []
    for environment in sorted(folder.name for folder in (TREE / "environments").iterdir()):
        built = subprocess.run(["kubectl", "kustomize", OVERLAYS / environment], check=True, capture_output=True, text=True)
        objects = [item for item in yaml.safe_load_all(built.stdout) if item]
        for check in (rights, addresses, secrets, regions):
            wrong += check(environment, objects)
    for folder in IN_CLUSTER:
        for file in sorted(folder.glob("*.yaml")):
            objects = [item for item in yaml.safe_load_all(file.read_text(encoding="utf-8")) if "metadata" in item]
            for item in objects:
                item["metadata"]["namespace"] = "ticketer"
            wrong += rights(folder.name, objects)
    wrong += autoscaler()
    print("\n".join(wrong) or "k8s/ and terraform/ agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
