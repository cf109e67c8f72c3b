"""Tools: the operations of the OpenAPI document that a key may call, by their names, and `commit`."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from laurel.api.agents import schemas
from laurel.api.agents.schemas import Inputs
from laurel.api.reference import operations
from laurel.workflows.requests.access import Caller

Json = dict[str, Any]
COMMIT: Final = "commit"
READS: Final = "read"
"""The scope of keys that change nothing: what they may call is a tool that reads."""
NO_TOOLS: Final = frozenset(
    {
        *("issue_api_key", "create_endpoint", "rotate_secret", "put_payee", "get_file"),
        *("get_logo", "put_logo"),
        "take_message",
    }
)
"""Operations with a secret, an account or a picture in them, which is nothing for a conversation; and this one."""
_PLANS: Final = "Answers with a plan and a hash for `commit`; nothing is changed before that."
_KEYS: Final = re.compile(r" Needs a key with the scope [a-z ]+\.")
"""The sentence on scopes, which says nothing to a key that has the tool."""
_COMMIT: Final[Json] = {
    "name": COMMIT,
    "description": "Carries out, once, what a tool that writes has planned, and answers as its operation does. Refused "
    "with 409 `plan_moved` if anything that the plan rests on has changed since, with 404 `plan_not_found` after ten "
    "minutes.",
    "inputSchema": {
        "type": "object",
        "properties": {"hash": {"type": "string", "description": "The `hash` of the plan."}},
        "required": ["hash"],
        "additionalProperties": False,
    },
    "annotations": {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True, "openWorldHint": False},
}


@dataclass(frozen=True)
class Tool:
    """An operation as a tool. `path`: with its parameters in braces; `document`: all of which it is one."""

    document: Mapping[str, Any]
    path: str
    method: str
    operation: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The operation's name."""
        return str(self.operation["operationId"])

    @property
    def scopes(self) -> list[Any]:
        """The scopes of which a key needs one."""
        return list(self.operation["x-scopes"])

    @property
    def is_reading(self) -> bool:
        """Whether keys that change nothing may call it."""
        return READS in self.scopes

    @cached_property
    def inputs(self) -> Inputs:
        """Its arguments."""
        return schemas.inputs(self.document, self.operation)

    def takes(self, header: str) -> bool:
        """Whether its operation knows that header."""
        return any(parameter["name"] == header for parameter in self.operation.get("parameters", []))

    @property
    def has_pages(self) -> bool:
        """Whether it answers with one page of many things."""
        return "cursor" in self.inputs.query

    @cached_property
    def shown(self) -> Json:
        """The tool as `tools/list` has it."""
        sentences = (self.operation["summary"] + ".", self.operation.get("description"))
        told = [each for each in sentences if each] + ([] if self.is_reading else [_PLANS])
        return {
            "name": self.name,
            "description": _KEYS.sub("", " ".join(told)),
            "inputSchema": schemas.input_schema(self.document, self.inputs),
            "annotations": self._hints,
        }

    @property
    def _hints(self) -> Json:
        """`destructiveHint`: what it plans changes something that is there, and does not only add to it."""
        if self.is_reading:
            return {"readOnlyHint": True, "openWorldHint": False}
        only_adds = self.method == "post" and not self.inputs.path
        return {"readOnlyHint": False, "destructiveHint": not only_adds, "idempotentHint": True, "openWorldHint": False}


@cache
def tools(file: Path) -> Mapping[str, Tool]:
    """All tools of the document in `file`, by name, in the order of names."""
    document = json.loads(file.read_text())
    made = (Tool(document, path, method, operation) for path, method, operation in operations(document))
    able = [tool for tool in made if "x-scopes" in tool.operation and tool.name not in NO_TOOLS]
    return {tool.name: tool for tool in sorted(able, key=lambda tool: tool.name)}


def listed(known: Iterable[Tool], who: Caller) -> list[Json]:
    """The tools that the caller's key may call, as `tools/list` has them."""
    able = [tool for tool in known if who.may(tool.scopes)]
    return [tool.shown for tool in able] + ([_COMMIT] if not all(tool.is_reading for tool in able) else [])
