"""Reads every GET of the document by the client in the folder `argv[1]`; what it could not read, line by line.

Standard input: `{"url", "key", "asked": {operation: {parameter: value}}}`.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from enum import Enum
from typing import Any, get_args


def read(client: Any, module: Any, given: dict[str, Any]) -> str | None:
    """Why an operation cannot be read; None if it can."""
    known = inspect.signature(module.sync_detailed).parameters
    named = {name: chosen(given[name], known[name].annotation) for name in given if name in known}
    try:
        answer = module.sync_detailed(client=client, **named)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if answer.status_code != 200:
        return f"{answer.status_code} {answer.content[:300]!r}"
    return "nothing was parsed" if answer.parsed is None else None


def chosen(value: Any, annotation: Any) -> Any:
    """The value of a choice, where the client has a class for it."""
    classes = [
        each for each in (annotation, *get_args(annotation)) if isinstance(each, type) and issubclass(each, Enum)
    ]
    return classes[0](value) if classes else value


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    asked = json.load(sys.stdin)
    package = importlib.import_module("laurel_client")
    client = package.AuthenticatedClient(base_url=asked["url"], token=asked["key"], raise_on_unexpected_status=True)
    api = importlib.import_module("laurel_client.api")
    for _, name, is_package in pkgutil.walk_packages(api.__path__, "laurel_client.api."):
        operation = name.rpartition(".")[2]
        if not is_package and operation in asked["asked"]:
            refused = read(client, importlib.import_module(name), asked["asked"].pop(operation))
            if refused is not None:
                sys.stdout.write(f"{operation} {refused}\n")
    for operation in asked["asked"]:
        sys.stdout.write(f"{operation} is not in the client\n")


if __name__ == "__main__":
    main()
