"""Users of a program, and what each role may: an owner all, a manager what is not money or access, a viewer read."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from laurel.domain.values.ids import UserId
from laurel.domain.values.model import Email, Frozen, Instant, Label

Role = Literal["viewer", "manager", "owner"]
MOST_USERS: Final = 100
_ORDER: Final[tuple[Role, ...]] = ("viewer", "manager", "owner")


def includes(role: Role, least: Role) -> bool:
    """Whether `role` may what `least` may: each role may all that those before it may."""
    return _ORDER.index(role) >= _ORDER.index(least)


class UserEdit(Frozen):
    """A user's name, and what they may: `owner` all, `manager` all but users, keys, payees and confirming payouts."""

    name: Label | None = None
    role: Role


class NewUser(UserEdit):
    """A user as they are invited: a link to sign in is mailed to `email`."""

    email: Email


class User(NewUser):
    """A person of the merchant's. `signed_in_at`: first time; null for one who has not followed the invitation yet."""

    user_id: UserId
    signed_in_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    version: Annotated[int, Field(ge=1)] = 1

    @property
    def shown_name(self) -> str:
        """The name for others to read."""
        return self.name or self.email

    @property
    def person(self) -> "Person":
        """This user as the author of changes."""
        return Person(f"user:{self.user_id}", self.shown_name)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who asks for something, in place of an API key. `actor`: `user:<id>` or `member:<id>`, for history.

    `scopes`, `storefront_id`: a person speaks for no storefront in particular, as an admin key does; what they may is
    decided by their role, before anything is asked for.
    """

    actor: str
    name: str
    scopes: tuple[Literal["admin"], ...] = ("admin",)
    storefront_id: None = None
