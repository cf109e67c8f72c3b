"""The way from a client of DynamoDB to moto and back without HTTP, of which the two between them undo all they do.

What a client is asked is written as JSON and checked here against the service's description, which Laurel's own client
leaves out. What moto answers is what it says. Nothing is signed, sent, routed and parsed again. A call takes the long
way if anybody listens to what is sent, as tests of the network do, or if it is not one of Laurel's.
"""

import json
from threading import RLock
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.compat import HTTPHeaders
from botocore.endpoint import Endpoint
from botocore.exceptions import ParamValidationError
from botocore.hooks import EventAliaser
from botocore.model import OperationModel
from botocore.validate import ParamValidator
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.exceptions import JsonRESTError
from moto.core.models import botocore_stubber
from moto.dynamodb.responses import DynamoHandler

alone: Final = RLock()
"""moto answers one call at a time: functions call side by side, and its copies do not bear that."""

CALLS: Final = {
    "GetItem": DynamoHandler.get_item,
    "BatchGetItem": DynamoHandler.batch_get_item,
    "Query": DynamoHandler.query,
    "Scan": DynamoHandler.scan,
    "PutItem": DynamoHandler.put_item,
    "UpdateItem": DynamoHandler.update_item,
    "DeleteItem": DynamoHandler.delete_item,
    "BatchWriteItem": DynamoHandler.batch_write_item,
    "TransactWriteItems": DynamoHandler.transact_write_items,
}
BYTES: Final = (b'"B":', b'"BS":')
"""Values that are not as they are written."""
METADATA: Final = {"RequestId": "test", "HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
VALIDATOR: Final = ParamValidator()
_long_way = Endpoint.make_request


def make_request(endpoint: Endpoint, operation: OperationModel, request: dict[str, Any]) -> Any:
    """`Endpoint.make_request`, for all services."""
    if not _is_short(endpoint, operation, request):
        return _long_way(endpoint, operation, request)
    handler = DynamoHandler()
    handler.current_account, handler.region = DEFAULT_ACCOUNT_ID, request["context"]["client_region"]
    handler.body = handler.params = _sound(operation, json.loads(request["body"]))
    try:
        with alone:
            told: Any = CALLS[operation.name](handler).result
    except JsonRESTError as error:
        return SimpleNamespace(status_code=error.code), _refused(endpoint, operation, error)
    known = operation.output_shape.members
    answer = {name: value for name, value in told.items() if name in known and value is not None}
    return SimpleNamespace(status_code=200), answer | {"ResponseMetadata": dict(METADATA)}


def _sound(operation: OperationModel, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked. Raises ParamValidationError if the service has no such question."""
    report = VALIDATOR.validate(asked, operation.input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    return asked


def _is_short(endpoint: Endpoint, operation: OperationModel, request: dict[str, Any]) -> bool:
    return (
        botocore_stubber.enabled
        and operation.name in CALLS
        and operation.service_model.service_name == "dynamodb"
        and str(urlsplit(request["url"]).hostname).endswith(".amazonaws.com")
        and not any(kind in request["body"] for kind in BYTES)
        and all(isinstance(heard, BotocoreStubber) for heard in _listeners(endpoint, operation))
    )


def _listeners(endpoint: Endpoint, operation: OperationModel) -> Any:
    """All who hear what is sent."""
    emitter: Any = endpoint._event_emitter
    if isinstance(emitter, EventAliaser):
        emitter = emitter._emitter
    return emitter._handlers.prefix_search(f"before-send.dynamodb.{operation.name}")


def _refused(endpoint: Endpoint, operation: OperationModel, error: JsonRESTError) -> dict[str, Any]:
    """A refusal, read as what HTTP would have brought."""
    headers = HTTPHeaders()
    for name, value in error.get_headers():
        headers[name] = value
    body = error.description or ""
    brought = {
        "headers": headers,
        "status_code": error.code,
        "body": body if isinstance(body, bytes) else body.encode(),
        "context": {"operation_name": operation.name},
    }
    parser = endpoint._response_parser_factory.create_parser(operation.service_model.resolved_protocol)
    parsed: dict[str, Any] = parser.parse(brought, operation.output_shape)
    endpoint._add_modeled_error_fields(brought, parsed, operation, parser)
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    return parsed
