"""`sam build` and `sam deploy` of a template to the engine, without a question and without a look at a real account."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3

from sandbox.engine import Engine
from sandbox.installed import outside_environment
from sandbox.places import Places
from sandbox.processes import Children
from sandbox.progress import waiting

# By its path and with -P: nothing of this folder is on its module path.
SAM = (sys.executable, "-P", str(Path(__file__).with_name("sam.py")))
STACK = "waybill-sandbox"
STAGE = "sandbox"
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


def machine_parameters() -> dict[str, str]:
    """The template's parameters that this machine decides: functions run on this interpreter and this processor."""
    arm = platform.machine().lower() in {"aarch64", "arm64"}
    return {
        "PythonRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Architecture": "arm64" if arm else "x86_64",
    }


def build(children: Children, places: Places, template: Path, parameters: Mapping[str, str]) -> Path:
    """Build every function and layer beside the template; returns the built template. A second build uses a cache."""
    folder = template.parent
    command = [*SAM, "build", "--cached", "--parallel", "--template-file", str(template)]
    command += ["--build-dir", ".aws-sam/build", "--parameter-overrides", *_overrides(parameters)]
    with waiting("sam build"):
        children.run("sam build", command, log=places.log("build"), env=_environment(), cwd=folder)
    return folder / ".aws-sam" / "build" / "template.yaml"


def deploy(
    children: Children, places: Places, built: Path, parameters: Mapping[str, str], engine: Engine
) -> dict[str, str]:
    """Deploy a built template to the engine; returns the stack's outputs. The end of `deploy.log` is in the error."""
    command = [*SAM, "deploy", "--template-file", str(built), "--stack-name", STACK, "--resolve-s3"]
    command += ["--region", engine.region, "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    command += ["--capabilities", *CAPABILITIES, "--parameter-overrides", *_overrides(parameters)]
    environment = {**_environment(), **engine.environment()}
    with waiting("sam deploy"):
        children.run("sam deploy", command, log=places.log("deploy"), env=environment, cwd=built.parent)
    return outputs(engine)


def outputs(engine: Engine) -> dict[str, str]:
    """The outputs of the deployed stack, by their key in the template."""
    client = boto3.client(
        "cloudformation",
        endpoint_url=engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
    )
    (described,) = client.describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _overrides(parameters: Mapping[str, str]) -> list[str]:
    """SAM ignores those that the template does not declare."""
    return [f"{name}={value}" for name, value in {**machine_parameters(), **parameters}.items()]


def _environment() -> dict[str, str]:
    environment = outside_environment()
    here = [str(Path(sys.executable).parent), str(Path(sys.base_prefix) / "bin"), environment.get("PATH", os.defpath)]
    return {
        **environment,
        "PATH": os.pathsep.join(here),  # `sam build` looks there for the interpreter that Runtime names
        "SAM_CLI_TELEMETRY": "0",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
