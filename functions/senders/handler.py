"""The page that a program's new sender is confirmed on: public, for whoever has the link that was mailed."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from laurel import clock
from laurel.api import InPath, answer, pages, public_with_any_query
from laurel.api.pages import Page
from laurel.domain.program.programs import Program
from laurel.domain.program.senders import LinkToken
from laurel.store.table import table
from laurel.workflows.program import sender_links, senders

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["senders"]


@app.get(
    "/confirm-sender/<token>",
    summary="The page on which an address's owner agrees to mail from it",
    description="The link in the mail to a new `sender_email` leads here. Looking changes nothing: mail scanners look.",
    tags=TAGS,
    responses=pages.documented(404, 410),
    middlewares=[public_with_any_query],
)
def look_at_sender(token: InPath[LinkToken]) -> Response[str]:
    return pages.shown(app, lambda: question(senders.look(table(), token, clock.now())))


@app.post(
    "/confirm-sender/<token>",
    summary="Agree to mail from this address",
    description="The link is good once, for 7 days, and until another one is mailed for the same program.",
    tags=TAGS,
    responses=pages.documented(404, 410),
    middlewares=[public_with_any_query],
)
def confirm_sender(token: InPath[LinkToken]) -> Response[str]:
    return pages.shown(app, lambda: thanks(senders.confirm(table(), token, clock.now())))


@app.not_found
def refuse(_: Exception) -> Response[str]:
    return pages.refused(app, sender_links.unknown())


app.exception_handler(RequestValidationError)(refuse)  # what cannot be a token


def question(program: Program) -> Page:
    return Page(
        f"May mail come from {program.sender_email}?",
        (
            f"“{program.name}” wants the mail of its partner program to come from this address.",
            "If you do not agree, close this page: then nothing happens.",
        ),
        button="I agree",
    )


def thanks(program: Program) -> Page:
    return Page("Thank you", (f"Mail of “{program.name}” comes from {program.sender_email} from now on.",))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context, raw=True)
