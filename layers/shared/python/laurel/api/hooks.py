"""Signed requests of shops: the body as it came, and short answers that reveal nothing of the program."""

from typing import Any, Final
from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api.call import call_of
from laurel.api.documents import refusals
from laurel.domain.tracking.webhooks.signatures import Scheme
from laurel.workflows.tracking.deliveries import Answer
from laurel.workflows.tracking.postbacks import Pairs
from laurel.workflows.tracking.webhooks import Sent

PIXEL: Final = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="
"""A transparent GIF of one by one pixel, in base64, as Lambda answers anything but text."""
_ANSWER: Final = {
    "x-name": "ShopAnswer",
    "type": "object",
    "properties": {name: {"type": "string"} for name in Answer.model_fields},
    "description": "The order that this was about, or its payment; or why nothing was changed: `ignored` on purpose, "
    "`refused` where a merchant should look.",
}


def answers(*statuses: int) -> Any:
    """The responses of a route of shops: 200, or a problem."""
    done = {"description": "Done", "content": {"application/json": {"schema": _ANSWER}}}
    return {200: done, **refusals(401, 404, 422, *statuses)}


def sent(app: APIGatewayHttpResolver, storefront_id: str, scheme: Scheme) -> Sent:
    """The request under way as a delivery."""
    call = call_of(app)
    return Sent(storefront_id, scheme, call.raw, call.headers)


def parameters(app: APIGatewayHttpResolver) -> Pairs:
    """The query of the request under way, decoded, in the order it came."""
    return parse_qsl(app.current_event.raw_query_string or "", keep_blank_values=True)


def as_json(answer: Answer) -> Response[Any]:
    """The answer as JSON."""
    return Response(200, "application/json", answer.model_dump_json(exclude_none=True))


def seen(app: APIGatewayHttpResolver, answer: Answer) -> Response[Any]:
    """The answer, or an image for a page that asks for one. No cache keeps it: each view must reach us."""
    wants_image = call_of(app).headers.get("accept", "").startswith("image/") or "pixel" in dict(parameters(app))
    response: Response[Any] = Response(200, "image/gif", PIXEL) if wants_image else as_json(answer)
    response.base64_encoded = wants_image
    response.headers["Cache-Control"] = "no-store"
    return response
