"""The webhooks of the document: what is sent to endpoints, one for each type of event, with what its `data` is."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from laurel.domain.payouts.told import FailedLine
from tools.document.naming import reference
from tools.document.words import FOLDER, WORDS

Json = dict[str, Any]
ERASED: Final = "ErasedSubject"
TEST: Final = "TestData"
DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "conversion.recorded": ("ConversionView",),
    "conversion.changed": ("ConversionView",),
    "commission.made": ("CommissionView",),
    "commission.changed": ("CommissionView",),
    "commission.paid": ("CommissionView",),
    "rule.fired": ("CommissionView",),
    "member.joined": ("MemberView", ERASED),
    "member.changed": ("MemberView", ERASED),
    "enrollment.changed": ("EnrollmentView",),
    "code.live": ("ShopCodeView",),
    "code.ended": ("ShopCodeView",),
    "code.failed": ("ShopCodeView",),
    "payout.drafted": ("PayoutView",),
    "payout.confirmed": ("PayoutView",),
    "payout.line_failed": ("FailedLine",),
    "delivery.refused": ("DeliveryView",),
    "test": (TEST,),
}
"""The schemas of `data`, by the type of the event."""
EXAMPLES: Final[Json] = json.loads((FOLDER / "events.json").read_text())
"""An event of each type, as one was sent."""
_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "webhook-id": ("The event's id: one that came before was handled before.", f"evt_{'0' * 26}"),
    "webhook-timestamp": (
        "Seconds since 1970 at which it was sent; refuse what is older than five minutes.",
        "1795687200",
    ),
    "webhook-signature": (
        "One signature for each secret that is good, with blanks between them: `v1,` and the base64 HMAC-SHA256 of "
        "`<webhook-id>.<webhook-timestamp>.<body>`, by the Standard Webhooks scheme.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}


def schema_name(type_: str) -> str:
    """`payout.line_failed` is a `PayoutLineFailedEvent`."""
    return "".join(part.capitalize() for part in type_.replace("_", ".").split(".")) + "Event"


def schemas(known: Json) -> Json:
    """The schemas of all events; `known`: those of the API, in which the subjects and the plain event are."""
    marks = {ERASED: "erased", TEST: "test"}
    own: Json = {name: _mark(field) for name, field in marks.items()}
    own["FailedLine"] = FailedLine.model_json_schema(mode="serialization")
    return own | {schema_name(type_): _schema(known["Event"], type_) for type_ in DATA}


def told(document: Json) -> Json:
    """The document with its webhooks, whose schemas it has already."""
    return document | {"webhooks": {type_: {"post": _operation(type_)} for type_ in DATA}}


def _mark(field: str) -> Json:
    """An object that says one thing alone."""
    said = {"const": True, "type": "boolean"}
    return {"type": "object", "properties": {field: said}, "required": [field], "additionalProperties": False}


def _schema(event: Json, type_: str) -> Json:
    schema = deepcopy(event)
    options = [reference(name) for name in DATA[type_]]
    schema["properties"]["type"] = {"const": type_, "type": "string"}
    schema["properties"]["data"] = options[0] if len(options) == 1 else {"anyOf": options}
    schema["description"] = WORDS.choices["SentType"][type_]
    return schema


def _operation(type_: str) -> Json:
    schema = reference(schema_name(type_))
    return {
        "operationId": f"told_of_{type_.replace('.', '_')}",
        "summary": WORDS.choices["SentType"][type_],
        "tags": ["endpoints"],
        "security": [],
        "parameters": [_header(name, *said) for name, said in _HEADERS.items()],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": EXAMPLES[type_]}},
        },
        "responses": {
            "2XX": {"description": "Taken; anything else, or nothing for 20 seconds, is tried again for three days."}
        },
    }


def _header(name: str, said: str, shown: str) -> Json:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": True, "description": said, "schema": schema, "example": shown}
