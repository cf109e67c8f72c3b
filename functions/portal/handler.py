"""The portal: pages for members and for those who apply."""

from typing import Any

from laurel.portal.site import site


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 -- Lambda gives it
    return site.answer(event)
