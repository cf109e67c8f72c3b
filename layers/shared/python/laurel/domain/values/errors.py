"""Refusals of the domain; `laurel.api` maps each kind to one HTTP status, `code` never changes its meaning."""

from collections.abc import Sequence


class Refusal(Exception):
    """An expected no. `code` is stable and machine-readable, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Misfit(ValueError):
    """A model whose `field` does not fit the others: raised by its validators, told with a pointer to that field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Malformed(Refusal):
    """The request cannot be read at all (400)."""


class Unauthenticated(Refusal):
    """No key, or not one of ours (401)."""


class Forbidden(Refusal):
    """A good key that lacks the right (403)."""


class Absent(Refusal):
    """This program has nothing by that name (404)."""


class Conflict(Refusal):
    """It contradicts what is stored (409)."""


class Gone(Refusal):
    """It was here, and it is over (410)."""


class Stale(Refusal):
    """`If-Match` names another version than the stored one (412)."""


class TooLarge(Refusal):
    """More than the documented limit (413)."""


class Invalid(Refusal):
    """Well-formed but wrong (422); `pointer` is the JSON pointer of the culprit, `errors` all (pointer, message)."""

    def __init__(self, code: str, detail: str, pointer: str = "", errors: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(code, detail)
        self.pointer = pointer
        self.errors = tuple(errors) or ((pointer, detail),)
