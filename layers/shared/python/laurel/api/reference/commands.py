"""Requests as commands for a shell: `$URL` and `$KEY` are the API and a key, `$MEMBER_ID` and the like ids."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from laurel.api.reference.reading import Schema, name_of, operations, resolved

_HEADER_OF_KEY: Final = '-H "Authorization: Bearer $KEY"'
_QUOTE, _QUOTED = "'", "'\\''"
_MEDIA: Final = "-H 'Content-Type: application/json'"


def variables(document: Schema) -> dict[str, str]:
    """The examples of what stands in paths, each with the variable of a shell that stands for it."""
    return {
        parameter["example"]: f"${parameter['name'].upper()}"
        for _, _, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "path" and "example" in parameter
    }


def curl(path: str, method: str, operation: Schema, known: Mapping[str, str]) -> str:
    """The example of an operation; `known`: as `variables` tells them."""
    given = [each for each in operation.get("parameters", []) if "example" in each]
    key = [_HEADER_OF_KEY] if operation["security"] else []
    headers = [f'-H "{each["name"]}: {_variable(each["example"])}"' for each in given if each["in"] == "header"]
    first = " ".join(["curl -s", *_verb(method), f'"$URL{_filled(path)}{_query(given)}"', *key])
    return " \\\n  ".join([first, *headers, *_body(operation, known)])


def setting_up(document: Schema, origin: str) -> str:
    """The commands that set the variables: the newest of each kind that there is a list of."""
    lines = [f"export URL={origin}", "export KEY=lk_...  # an admin key"]
    return "\n".join([*lines, *_finding(document)])


def _finding(document: Schema) -> Iterator[str]:
    """A command for each parameter of a path: what stands before it in the path tells the newest of its kind."""
    found = set[str]()
    for path, _, operation in sorted(operations(document), key=lambda each: each[0].count("/")):
        for parameter in operation.get("parameters", []):
            name = parameter["name"]
            if parameter["in"] == "path" and name not in found and operation["security"]:
                found.add(name)
                yield _export(parameter, _listed(document, path.partition(f"/{{{name}}}")[0], name))


def _listed(document: Schema, path: str, name: str) -> str | None:
    """Where to ask for the newest: the list that a path is in, or what the list belongs to if that tells `name`."""
    for place in (path, path.rpartition("/")[0]):
        if (asked := document["paths"].get(place, {}).get("get")) is not None and _tells(document, asked, name):
            has_limit = any(parameter["name"] == "limit" for parameter in asked.get("parameters", []))
            return f"{_filled(place)}{'?limit=1' if has_limit else ''}"
    return None


def _tells(document: Schema, asked: Schema, name: str) -> bool:
    """Whether the answer to a question has a field of that name, in whatever it holds."""
    waiting, seen = [asked["responses"]["200"]["content"]["application/json"]["schema"]], set[str]()
    while waiting:
        schema = waiting.pop()
        if name in resolved(document, schema).get("properties", {}):
            return True
        whole = resolved(document, schema)
        below = [whole.get("items", {}), *whole.get("properties", {}).values(), *whole.get("oneOf", [])]
        new = [each for each in below if name_of(each) not in seen or "items" in each]
        seen |= {name_of(each) for each in new}
        waiting += new
    return False


def _export(parameter: Schema, listed: str | None) -> str:
    name = parameter["name"]
    if listed is None:
        return f"export {name.upper()}={parameter['example']}"
    asked = f'curl -s "$URL{listed}" {_HEADER_OF_KEY}'
    return f"""export {name.upper()}=$({asked} | sed -n 's/.*"{name}": *"\\([^"]*\\)".*/\\1/p')"""


def _verb(method: str) -> list[str]:
    match method:
        case "get":
            return []
        case "head":
            return ["-I"]
        case _:
            return [f"-X {method.upper()}"]


def _filled(path: str) -> str:
    """A path with variables instead of its parameters."""
    parts = (f"${part[1:-1].upper()}" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def _query(given: list[Schema]) -> str:
    pairs = [(each["name"], _variable(each["example"])) for each in given if each["in"] == "query"]
    text = "&".join(f"{name}={value if value.startswith('$') else quote(value)}" for name, value in pairs)
    return f"?{text}" if text else ""


def _body(operation: Schema, known: Mapping[str, str]) -> list[str]:
    """The options that send the example of the body: in quotes, or as a document in which variables are filled in."""
    shown = [
        each["example"] for each in operation.get("requestBody", {}).get("content", {}).values() if "example" in each
    ]
    if not shown:
        return []
    text = spelled = json.dumps(shown[0], indent=2, ensure_ascii=False)
    for example, variable in known.items():
        spelled = spelled if example.isupper() else spelled.replace(example, variable)  # a promo code is written out
    sent = f"-d '{text.replace(_QUOTE, _QUOTED)}'" if spelled == text else f"-d @- <<JSON\n{spelled}\nJSON"
    return [_MEDIA, sent]


def _variable(value: Any) -> str:
    """A value of the document as it is said to a shell, in which `$signature` is a variable."""
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    return text.upper() if text.startswith("$") else text
