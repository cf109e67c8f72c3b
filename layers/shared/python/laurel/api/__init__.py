"""HTTP: callers and their rights, requests, and the answers to every refusal. Handlers build on this.

answers        one event in, one answer out, one log line
authorization  API keys and scopes, before every route
queries        parameters that a route knows
bodies         JSON as it may be sent
problems       refusals as problem+json
front          the OpenAPI document itself, `reference` shows it to people
link_visits    visitors who follow a link
cors           pages of shops, which browsers let read an answer only if we say so
pages          small pages for people who follow a link of ours
agents         the operations as tools, for agents
routes         what the decorators of routes for API keys have in common
asking         senders that a request asks for
documents      parameters and responses as the OpenAPI document shows them
"""

from laurel.api.answers import answer, author, request
from laurel.api.authorization import caller, public, public_with_any_query, requires
from laurel.api.call import origin, taken
from laurel.api.documents import Cursor, IdempotencyKey, IfMatch, InPath, Limit, PatchOf, redirects, responses, shows
from laurel.api.routes import Protected

__all__ = [
    "Cursor",
    "IdempotencyKey",
    "IfMatch",
    "InPath",
    "Limit",
    "PatchOf",
    "Protected",
    "answer",
    "author",
    "caller",
    "origin",
    "public",
    "public_with_any_query",
    "redirects",
    "request",
    "requires",
    "responses",
    "shows",
    "taken",
]
