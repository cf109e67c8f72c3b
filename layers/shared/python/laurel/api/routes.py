"""The part of a route's decorator that all routes for holders of an API key have."""

from collections.abc import Mapping
from typing import Any

from laurel.api.authorization import Along, requires
from laurel.api.documents import responses
from laurel.domain.program.programs import Scope


class Protected:
    """The routes of a function for API keys: `@app.get("/v1/offers", summary="...", **_for("read", 200))`."""

    def __init__(self, tags: list[str]) -> None:
        self._tags = tags

    def __call__(
        self,
        scope: Scope | tuple[Scope, ...],
        *statuses: int,
        also: Mapping[int, Any] | None = None,
        along: Along | None = None,
    ) -> Any:
        """Their tags, the scopes of which a key has one, and how they answer: with a result, a problem, or as `also`.

        `along`: as `requires` takes it.
        """
        scopes = (scope,) if isinstance(scope, str) else scope
        answers = {**responses(*statuses), **(also or {})}
        return {"tags": self._tags, "responses": answers, "middlewares": [requires(*scopes, along=along)]}
