"""The error codes that each response of an operation may carry, and all of them with their meaning."""

from collections.abc import Iterator
from typing import Any, Final

from laurel.api.problems import TITLES
from tools.document.codes import Code, codes_of
from tools.document.words import WORDS, operations

Json = dict[str, Any]
_PROBLEM_JSON: Final = "application/problem+json"
_KEY: Final[list[Code]] = [(401, "missing_key"), (401, "invalid_key"), (401, "expired_key"), (403, "scope_missing")]
_BODY: Final[list[Code]] = [(400, "malformed_json"), (400, "duplicate_key"), (413, "body_too_large")]
_SHARED: Final = {"401": "Unauthorized", "429": "TooManyRequests", "503": "Unavailable", "413": "TooLarge"}
_ALWAYS: Final[list[Code]] = [(422, "unknown_parameter"), (422, "invalid_request"), (503, "unavailable")]


def told(document: Json) -> Json:
    """The document with its error codes: an example for each, and for each response those it may carry."""
    used = set[Code]()
    for operation in operations(document):
        used |= set(_tell(operation))
    document["components"]["examples"] = {code: _example(status, code) for status, code in sorted(used)}
    meanings = "\n".join(f"- `{code}` ({status}): {WORDS.codes.get(code, '')}" for status, code in sorted(used))
    document["components"]["schemas"]["Problem"]["properties"]["code"]["description"] += f"\n\n{meanings}"
    return document


def _tell(operation: Json) -> Iterator[Code]:
    possible = {*codes_of(operation["tags"][0], operation["operationId"]), *_of_any(operation)}
    for status, response in operation["responses"].items():
        codes = sorted(code for of, code in possible if str(of) == status)
        if _PROBLEM_JSON in response.get("content", {}):
            examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
            response["content"][_PROBLEM_JSON]["examples"] = examples
            response["description"] = f"{response['description']}: {', '.join(f'`{code}`' for code in codes)}"
            yield from ((int(status), code) for code in codes)


def _of_any(operation: Json) -> Iterator[Code]:
    """The codes that do not depend on what the operation does."""
    yield from _ALWAYS
    if operation["security"]:
        yield from _KEY
    if "requestBody" in operation:
        yield from _BODY
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        yield 404, "not_found"


def _example(status: int, code: str) -> Json:
    meaning = WORDS.codes.get(code, "")
    problem = {"type": f"https://api.example.com/docs#error-{code}", "title": TITLES[status], "status": status}
    problem |= {"detail": meaning, "code": code}
    culprits = [{"pointer": "/amount", "message": "a whole number is needed"}]
    return {"summary": meaning, "value": problem | ({"errors": culprits} if status == 422 else {})}


def shared(document: Json) -> Json:
    """The document with a name for each response that many operations have in common."""
    known: Json = {}
    for operation in operations(document):
        for status, response in operation["responses"].items():
            name = _SHARED.get(status)
            if name is not None and known.setdefault(name, response) == response:
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    document["components"]["responses"] = known
    return document
