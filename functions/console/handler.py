"""The console: pages for a merchant's people."""

from typing import Any

from laurel.console.site import site


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 -- Lambda gives it
    return site.answer(event)
