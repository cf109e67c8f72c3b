"""One environment as it is deployed, for operators' tools: on AWS by this machine's credentials, or by `make run`."""

import argparse
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.environments import ENVIRONMENTS, LOCAL, environment
from laurel.domain.values.errors import Absent
from laurel.store import keys
from laurel.store.table import Table
from tools.commands import Arguments, environment_named
from tools.engine import aws
from tools.failure import ToolError
from tools.running import get_running


@dataclass(frozen=True, slots=True)
class Deployed:
    """One environment.

    `endpoint_url`: of the local engine, None for AWS. `table_name`: of another table than the environment's own.
    """

    name: str
    endpoint_url: str | None = None
    table_name: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client of `service`."""
        if self.endpoint_url is not None:
            return aws(service, self.endpoint_url)
        return boto3.client(service)  # type: ignore[call-overload]

    def output(self, part: str, name: str) -> str:
        """An output of the stack `part` ("data" or "service"). Raises ToolError if there is none."""
        stack = environment(self.name).stack_name(part)
        for output in self._outputs(stack):
            if output["OutputKey"] == name:
                return str(output["OutputValue"])
        raise ToolError(f"the stack {stack} tells no {name}: it is of an older version, deploy it again")

    def _outputs(self, stack: str) -> list[dict[str, str]]:
        formation = self.client("cloudformation")
        try:
            described = formation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ValidationError":
                raise
            where = formation.meta.region_name
            raise ToolError(f"there is no stack {stack} in {where}: make deploy ENV={self.name}") from refused
        outputs: list[dict[str, str]] = described.get("Outputs", [])
        return outputs

    def api_url(self) -> str:
        """The beginning of its addresses: that which links are made with, if it was given one."""
        if self.endpoint_url is not None:
            return get_running().api_url
        return self.output("service", "ApiUrl")

    def table(self) -> Table:
        """Its table, or the one that `table_name` names."""
        return Table(self.table_name or self.output("data", "TableName"), self.client("dynamodb"))


def parser(told: str | None) -> Arguments:
    """A parser of arguments for an environment, and for a table other than its own."""
    made = Arguments(told)
    choices = f"one of {', '.join(ENVIRONMENTS)}; local is what make run has started"
    made.add_argument("--env", type=environment_named, default="dev", help=choices)
    made.add_argument("--table", help="name of a table, such as a restored one; by default the environment's")
    return made


def deployed(given: argparse.Namespace) -> Deployed:
    """The environment that the arguments of `parser` name. Raises ToolError if it is the local one and nothing runs."""
    endpoint = get_running().endpoint_url if given.env == LOCAL.name else None
    return Deployed(given.env, endpoint, given.table)


def require_program(table: Table, program_id: str) -> None:
    """Raises Absent `program_not_found`, also for an empty id."""
    if not program_id or table.get(keys.program(program_id)) is None:
        raise Absent("program_not_found", f"there is no program {program_id or '; name one: PROGRAM=prg_...'}")


def named_program(program_id: str) -> str:
    """The id that an argument names. Raises ToolError if it is empty, as it is where make was told none."""
    if not program_id:
        raise ToolError("name a program: PROGRAM=prg_...")
    return program_id
