"""Deploy a synthesized assembly to a local engine: upload its assets, create its stacks.

It replaces the CDK CLI, without Node: the templates are the ones that go to AWS.
"""

import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.engine import ACCOUNT, REGION, Engine, aws
from tools.failure import ToolError

DEPLOY_SECONDS: Final = 60.0
API_ID: Final = "laurel"  # the same address after every start; the engine takes it from this tag
TEMPLATES: Final = "laurel-templates"  # a template may be larger than a request
STACK_TAGS: Final = [{"Key": "ms-custom-id", "Value": API_ID}]


@dataclass(frozen=True, slots=True)
class Resource:
    """One deployed resource: its CloudFormation type, logical id and physical name."""

    type: str
    logical_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """The resources of a deploy."""

    resources: tuple[Resource, ...]

    def the(self, kind: str) -> str:
        """The name of the only resource of type `kind`; raises ToolError if there is none, or more than one."""
        names = self.all(kind)
        if len(names) != 1:
            raise ToolError(f"expected one {kind} in the stacks, found {len(names)}")
        return names[0]

    def all(self, kind: str) -> list[str]:
        """The names of all resources of type `kind`."""
        return [resource.name for resource in self.resources if resource.type == kind]


def api_url(engine: Engine) -> str:
    """The base URL of the HTTP API's paths."""
    return f"{engine.endpoint_url}/_aws/execute-api/{API_ID}"


def deploy(assembly: Path, engine: Engine) -> Deployment:
    """Create every stack of `assembly`; raises ToolError with CloudFormation's reasons if one fails."""
    known = {"PublicUrl": api_url(engine)}
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    s3, formation = aws("s3", engine.endpoint_url), aws("cloudformation", engine.endpoint_url)
    _upload_assets(assembly, artifacts, s3)
    stacks = _stacks_in_order(artifacts)
    s3.create_bucket(Bucket=TEMPLATES)
    for name in stacks:
        template = assembly / artifacts[name]["properties"]["templateFile"]
        s3.put_object(Bucket=TEMPLATES, Key=template.name, Body=template.read_bytes())
        parameters = {key: known[key] for key in json.loads(template.read_text()).get("Parameters", {}) if key in known}
        _create_stack(formation, name, f"{engine.endpoint_url}/{TEMPLATES}/{template.name}", parameters)
    return Deployment(tuple(resource for name in stacks for resource in _resources(formation, name)))


def _stacks_in_order(artifacts: Mapping[str, Any]) -> list[str]:
    """The names of the stacks, each after those it depends on."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        for needed in artifacts[name].get("dependencies", []):
            visit(needed)
        if artifacts[name]["type"] == "aws:cloudformation:stack" and name not in ordered:
            ordered.append(name)

    for name in artifacts:
        visit(name)
    return ordered


def _upload_assets(assembly: Path, artifacts: Mapping[str, Any], s3: Any) -> None:
    buckets: set[str] = set()
    for artifact in artifacts.values():
        if artifact["type"] != "cdk:asset-manifest":
            continue
        files = json.loads((assembly / artifact["properties"]["file"]).read_text())["files"]
        for file in files.values():
            _upload(s3, buckets, file, assembly / file["source"]["path"])


def _upload(s3: Any, buckets: set[str], file: Mapping[str, Any], source: Path) -> None:
    body = _zipped(source) if source.is_dir() else source.read_bytes()
    for destination in file["destinations"].values():
        bucket = _concrete(destination["bucketName"])
        if bucket not in buckets:
            s3.create_bucket(Bucket=bucket)
            buckets.add(bucket)
        s3.put_object(Bucket=bucket, Key=_concrete(destination["objectKey"]), Body=body)


def _concrete(text: str) -> str:
    return text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


def _zipped(folder: Path) -> bytes:
    """`folder` as an archive: not compressed, since it travels over the loopback, and dated as CDK dates it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _create_stack(formation: Any, name: str, template_url: str, parameters: Mapping[str, str]) -> None:
    formation.create_stack(
        StackName=name,
        TemplateURL=template_url,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Tags=STACK_TAGS,
    )
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := _status(formation, name)) == "CREATE_IN_PROGRESS":
        if time.monotonic() > deadline:
            raise ToolError(f"stack {name} is not created after {DEPLOY_SECONDS:.0f} s")
        time.sleep(0.1)
    if status != "CREATE_COMPLETE":
        raise ToolError(f"stack {name} is {status}:\n" + "\n".join(_reasons(formation, name)))


def _status(formation: Any, name: str) -> str:
    return str(formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _reasons(formation: Any, name: str) -> Iterator[str]:
    for event in formation.describe_stack_events(StackName=name)["StackEvents"]:
        if event["ResourceStatus"].endswith("_FAILED"):
            yield f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"


def _resources(formation: Any, name: str) -> Iterator[Resource]:
    for page in formation.get_paginator("list_stack_resources").paginate(StackName=name):
        for summary in page["StackResourceSummaries"]:
            yield Resource(summary["ResourceType"], summary["LogicalResourceId"], summary["PhysicalResourceId"])
