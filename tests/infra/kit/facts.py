"""Questions to ask of synthesized templates."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_cdk import cx_api

from infra.environments import Environment

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """path: of the construct below its stack, `program/Function`."""

    kind: str
    path: str
    logical_id: str
    properties: Properties
    whole: dict[str, Any]


class Facts:
    """All resources of both stacks of one environment."""

    def __init__(self, assembly: cx_api.CloudAssembly, environment: Environment) -> None:
        self.environment = environment
        self.stacks = {stack.stack_name: stack for stack in assembly.stacks}
        self.resources = [found for stack in assembly.stacks for found in _resources(stack.template)]

    def all(self, kind: str) -> list[Resource]:
        """`kind`: `SQS::Queue`."""
        return [resource for resource in self.resources if resource.kind == f"AWS::{kind}"]

    def the(self, kind: str, path: str = "") -> Resource:
        """The only one, below `path`."""
        (found,) = [resource for resource in self.all(kind) if resource.path.startswith(path)]
        return found

    def function(self, folder: str) -> Resource:
        return self.the("Lambda::Function", f"{folder}/")

    def folder_of(self, reference: object) -> str:
        """The folder of the function that a Ref or a GetAtt of its ARN points to."""
        match reference:
            case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), _]}:
                (found,) = [f for f in self.all("Lambda::Function") if f.logical_id == logical_id]
                return found.path.partition("/")[0]
        raise AssertionError(reference)

    def statements(self, folder: str) -> list[dict[str, Any]]:
        """What the function's role allows."""
        policy = self.the("IAM::Policy", f"{folder}/Role/")
        return list(policy.properties["PolicyDocument"]["Statement"])

    def actions(self, folder: str) -> set[str]:
        """All that the function may do, whatever it is done to."""
        return {action for statement in self.statements(folder) for action in _listed(statement["Action"])}

    def all_statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(path, statement) of every role of the house."""
        for policy in self.all("IAM::Policy"):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                yield policy.path, statement

    def settings(self, folder: str) -> dict[str, Any]:
        """The function's environment, without what Powertools, pydantic and Python read."""
        variables: dict[str, Any] = self.function(folder).properties["Environment"]["Variables"]
        return {
            name: value
            for name, value in variables.items()
            if not name.startswith(("POWERTOOLS_", "PYDANTIC_", "PYTHON"))
        }


def actions_of(statement: dict[str, Any]) -> set[str]:
    return set(_listed(statement["Action"]))


def resources_of(statement: dict[str, Any]) -> list[str]:
    """As one text each, references and all."""
    return [json.dumps(resource) for resource in _listed(statement["Resource"])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resources(template: dict[str, Any]) -> Iterator[Resource]:
    for logical_id, whole in template["Resources"].items():
        path = whole["Metadata"]["aws:cdk:path"].partition("/")[2].removesuffix("/Resource")
        yield Resource(whole["Type"], path, logical_id, whole.get("Properties", {}), whole)
