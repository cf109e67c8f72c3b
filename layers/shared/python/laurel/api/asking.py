"""Senders that a request asks for."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from laurel.api.call import origin
from laurel.domain.program.senders import Asking, SenderDomains
from laurel.settings import settings


def asking(app: APIGatewayHttpResolver) -> Asking:
    """The way in which the request under way asks for a sender: within this deployment's domains, by a link to here."""
    return Asking(SenderDomains.of(settings().sender_domains), origin(app))
