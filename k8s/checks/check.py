#!/usr/bin/env python3
"""Checks everything under k8s/ without a cluster: that it builds, its schema, policies, and what it promises.

    python3 k8s/checks/check.py [--tools DIR] [STEP …]

Steps: schema, policy (trivy and checkov), promises (promises.py), control (mistakes are found); all of them unless named.
It needs `kubectl` or `kustomize` on the PATH, or on Debian apt to fetch one, and the first time PyPI.

Ends with 0 if all is well, 1 if something is wrong, 3 if a tool is missing.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

CHECKS = Path(__file__).resolve().parent
TREE = CHECKS.parent
REPOSITORY = TREE.parent

OVERLAYS = ["local", "staging", "production"]
# Production with its database elsewhere, which docs/operations/deployment.md describes and no overlay is: the components that
# take the place of the one that is there, and what the environment must say for them.
VARIANTS = {
    "in-cluster": (["mongodb", "backups-to-s3"], "backupBucket", "ticketer-backups-event-ticketing-cluster-123456789012"),
    "privatelink": (["atlas-privatelink"], "vpcCidr", "10.40.0.0/16"),
}
DATABASES = {"atlas", "atlas-privatelink", "mongodb", "backups-to-s3"}
# The oldest that knows the pause before SIGTERM, and the one that terraform/ makes.
KUBERNETES = ["1.30", "1.35"]

# From Debian 13; they run on 12 too.
KUSTOMIZE = {
    "amd64": ("kustomize=5.6.0+ds-1+b2", "552bbe5563b522685b10f75a9a226bfbee9778fc313b205d595fdbb7e9c70e33"),
}
AMTOOL = {
    "amd64": ("prometheus-alertmanager=0.28.1+ds-1", "76ee08c2bf686fa32ca243d099b6bfc6cb00074e9337c18ef73154b60c5830a9"),
}


class Missing(Exception):
    """A tool is not to be had."""


def say(text):
    print(text, flush=True)


def well(command, quiet=False):
    """Whether it ends well; what it says is shown, unless quiet."""
    if not quiet:
        say("  " + " ".join(str(part) for part in command))
    output = subprocess.DEVNULL if quiet else None
    # Checkov asks its maker's service for nothing then.
    environment = dict(os.environ, BC_SKIP_MAPPING="TRUE", LOG_LEVEL="ERROR")
    command = [str(part) for part in command]
    return subprocess.run(command, stdout=output, stderr=output, env=environment).returncode == 0


class Tools:
    """What is fetched once and kept: pinned by version and hash."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def python(self, requirements):
        """The folder of programs of a virtual environment with these packages."""
        digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
        folder = self.folder / f"{requirements.stem}-{digest}"
        programs = folder / "bin"
        if not (folder / "complete").exists():
            say(f"  fetching {requirements.relative_to(REPOSITORY)}")
            venv.create(folder, with_pip=True, clear=True)
            install = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                       "--require-hashes", "--only-binary", ":all:", "--requirement", requirements]
            if not well(install):
                raise Missing(f"the packages of {requirements.name} cannot be fetched")
            (folder / "complete").touch()
        return programs

    def kustomize(self):
        """How to build a kustomization with Kustomize 5."""
        kubectl = shutil.which("kubectl")
        if kubectl:
            version = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True).stdout
            if re.search(r"Kustomize Version: v([5-9]|\d\d)\.", version):
                return [kubectl, "kustomize"]
        found = shutil.which("kustomize") or self.fetched_kustomize()
        return [found, "build"]

    def fetched_kustomize(self):
        program = self.folder / "kustomize" / "usr" / "bin" / "kustomize"
        if not program.exists():
            fetch_from_debian(KUSTOMIZE, "kubectl 1.27 or later, or kustomize 5,", self.folder, program.parents[2])
        return str(program)

    def amtool(self):
        """Alertmanager's own judge of its configuration; none where it is not to be had."""
        program = self.folder / "alertmanager" / "usr" / "bin" / "amtool"
        if found := shutil.which("amtool"):
            said = subprocess.run([found, "--version"], capture_output=True, text=True)
            # Debian 12's knows no addresses in files.
            if re.search(r"version (0\.(2[6-9]|[3-9]\d)|[1-9]\d*)\.", said.stdout + said.stderr):
                return found
        if not program.exists():
            try:
                fetch_from_debian(AMTOOL, "amtool", self.folder, program.parents[2])
            except Missing as missing:
                say(f"  {missing}: its configuration was only read")
                return None
        return str(program)


def fetch_from_debian(packages, name, scratch, target):
    """Unpacks the package beside the system, of which neither packages nor lists are touched."""
    if not shutil.which("apt-get"):
        raise Missing(f"{name} is not installed")
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
    if architecture not in packages:
        raise Missing(f"{name} is not installed, and there is no pinned package for {architecture}")
    package, expected = packages[architecture]
    say(f"  fetching {package} from Debian 13")
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        folder = Path(folder)
        for name in ["lists/partial", "archives/partial"]:
            (folder / name).mkdir(parents=True)
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (folder / "sources.list").write_text(f"deb [signed-by={keyring}] {debian_mirror()} trixie main\n")
        settings = {
            "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": folder / "lists", "Dir::State::status": "/dev/null",
            "Dir::Cache::archives": folder / "archives", "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "",
            "APT::Sandbox::User": "root",
        }
        apt = ["apt-get", "-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]
        for step in (["update"], ["download", package]):
            if subprocess.run([*apt, *step], cwd=folder, stdout=subprocess.DEVNULL).returncode:
                raise Missing(f"{package} cannot be fetched")
        archive = next(folder.glob("*.deb"))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != expected:
            raise SystemExit(f"{package}: its SHA-256 is {digest}")
        subprocess.run(["dpkg-deb", "--extract", archive, target], check=True)


def debian_mirror():
    """Where this machine takes its packages from."""
    for path in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.is_file() and (found := re.search(r"\bhttps?://\S+/debian/?(?=\s|$)", path.read_text())):
            return found[0]
    return "http://deb.debian.org/debian"


def build(tools, folder):
    """The manifests of each overlay, as they would be applied, in files; the local one with secrets of its own."""
    tree = folder / "tree"
    kept = shutil.ignore_patterns("secrets", "checks", ".git")
    shutil.copytree(TREE, tree / "k8s", ignore=kept)
    shutil.copytree(REPOSITORY / "observability", tree / "observability")
    subprocess.run([tree / "k8s" / "overlays" / "local" / "make-secrets"], check=True, stdout=subprocess.DEVNULL)
    for variant in VARIANTS:
        make_variant(tree / "k8s" / "overlays", variant)
    built = folder / "built"
    built.mkdir()
    for overlay in [*OVERLAYS, *VARIANTS]:
        with open(built / f"{overlay}.yaml", "w", encoding="utf-8") as file:
            subprocess.run([*tools.kustomize(), tree / "k8s" / "overlays" / overlay], check=True, stdout=file)
    return built


def make_variant(overlays, name):
    """The overlay that comes of production by the changes that are written down; production itself where they were made."""
    folder = overlays / name
    shutil.copytree(overlays / "production", folder)
    settings, environment = folder / "kustomization.yaml", folder / "environment.yaml"
    components, key, value = VARIANTS[name]
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    databases = [line for line in lines if line.strip().removeprefix("- ../../components/") in DATABASES]
    if not databases:
        raise SystemExit(f"{settings.relative_to(overlays.parents[1])}: there is no component of a database")
    at = lines.index(databases[0])
    kept = [line for line in lines if line not in databases]
    kept[at:at] = [f"  - ../../components/{component}\n" for component in components]
    settings.write_text("".join(kept), encoding="utf-8")
    if f"\n  {key}: " not in environment.read_text(encoding="utf-8"):
        with open(environment, "a", encoding="utf-8") as file:
            file.write(f"  {key}: {value}\n")


def check_schema(tools, built, quiet=False):
    # It knows no ExternalSecret and passes over it; terraform/checks compares those with the secrets that it makes.
    validate = [tools.python(CHECKS / "tools.txt") / "kubernetes-validate", "--strict", "--no-warn", "--quiet"]
    files = sorted(built.glob("*.yaml"))
    return all([well([*validate, "-k", version, *files], quiet) for version in KUBERNETES])


def check_policy(tools, built, quiet=False):
    trivy = [tools.python(CHECKS / "tools.txt") / "trivy", "config", "--quiet", "--skip-check-update",
             "--skip-version-check", "--exit-code", "1", "--ignorefile", CHECKS / "trivy-exceptions.yaml", built]
    checkov = [tools.python(REPOSITORY / "terraform" / "checks" / "checkov.txt") / "checkov",
               "--config-file", CHECKS / "checkov.yaml", "--directory", built]
    return all([well(trivy, quiet), well(checkov, quiet)])


def check_promises(tools, built, quiet=False):
    python = tools.python(CHECKS / "tools.txt") / "python"
    good = well([python, "-B", CHECKS / "promises.py", *sorted(built.glob("*.yaml"))], quiet)
    if amtool := tools.amtool():
        configs = sorted((REPOSITORY / "observability" / "alertmanager").glob("*.yml"))
        good &= well([amtool, "check-config", *configs], quiet)
    return good


# What would be wrong with production, and which step has to find it.
MISTAKES = [
    ("terminationGracePeriodSeconds:", "terminationGracePeriod:", check_schema),
    ("runAsNonRoot: true", "runAsNonRoot: false", check_policy),
    ("path: /api/auth/verify", "path: /api/auth/verification", check_promises),
    ("port: 9101", "port: 3001", check_promises),
    ("except:", "notexcept:", check_promises),
    ('severity = "critical"', 'severity = "warning"', check_promises),
    ("/run/alerting/", "/run/elsewhere/", check_promises),
]


def check_control(tools, built):
    """Mistakes must be found: else the steps would say yes to everything."""
    good = True
    text = (built / "production.yaml").read_text(encoding="utf-8")
    for right, wrong, step in MISTAKES:
        assert right in text, right
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "production.yaml").write_text(text.replace(right, wrong), encoding="utf-8")
            found = not step(tools, Path(folder), quiet=True)
        say(f"  {wrong}: {'found' if found else 'NOT FOUND'}")
        good &= found
    return good & check_last_look(text)


# What a deployment must not be let through with, by the keys of what is applied.
PLACEHOLDERS = {"FRONTEND_URL": "https://tickets.example.com", "host": "tickets.acme.com.example.com",
                "STRIPE_PUBLISHABLE_KEY": "pk_live_of_your_account"}
FILLED_IN = {"FRONTEND_URL": "https://tickets.acme.com", "host": "tickets.acme.com",
             "STRIPE_PUBLISHABLE_KEY": "pk_live_" + 24 * "0"}


def check_last_look(text):
    """What nobody has filled in is found by the deploy workflow, in what Kustomize makes of it; what is filled in passes."""
    good = True
    # Where no money moves there is no key.
    applied = [key for key in PLACEHOLDERS if key != "STRIPE_PUBLISHABLE_KEY" or "PAYMENT_PROVIDER: stripe" in text]
    with tempfile.TemporaryDirectory() as folder:
        for placeholder in [None, *applied]:
            rendered = Path(folder) / "rendered.yaml"
            values = {key: (PLACEHOLDERS if key == placeholder else FILLED_IN)[key] for key in applied}
            rendered.write_text(with_values(text, values), encoding="utf-8")
            look = REPOSITORY / ".github" / "scripts" / "check-environment"
            passed = well([look, rendered, FILLED_IN["FRONTEND_URL"], region_of(text)], quiet=True)
            say(f"  {placeholder or 'all'} filled in{' not' if placeholder else ''}: {'let through' if passed else 'refused'}")
            good &= passed == (placeholder is None)
    return good


def region_of(text):
    """The region that the manifests name, any where they name none."""
    named = re.search(r"^[ -]*region: (\S+)$", text, flags=re.M)
    return named[1] if named else "us-west-2"


def with_values(text, values):
    """The manifests with other values of these keys, each of which stands there."""
    for key, value in values.items():
        text, replaced = re.subn(rf"^([ -]*{key}: ).*$", rf"\g<1>{value}", text, flags=re.M)
        assert replaced, key
    return text


STEPS = {"schema": check_schema, "policy": check_policy, "promises": check_promises, "control": check_control}


def main():
    parser = argparse.ArgumentParser(description="Checks k8s/ without a cluster.")
    parser.add_argument("--tools", type=Path, default=REPOSITORY / "target" / "k8s-checks",
                        help="where tools are kept between runs")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    arguments = parser.parse_args()
    if unknown := set(arguments.steps) - STEPS.keys():
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    wrong = []
    try:
        tools = Tools(arguments.tools)
        with tempfile.TemporaryDirectory() as folder:
            built = build(tools, Path(folder))
            for name in arguments.steps or STEPS:
                began = time.monotonic()
                say(f"{name}:")
                good = STEPS[name](tools, built)
                say(f"{name}: {'well' if good else 'WRONG'}, {time.monotonic() - began:.1f} s")
                if not good:
                    wrong.append(name)
    except Missing as missing:
        say(f"missing: {missing}")
        return 3
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
