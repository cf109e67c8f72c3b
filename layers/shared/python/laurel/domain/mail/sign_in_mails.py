"""The mails with a link that signs in: to whoever asked for it, and to users and members who are invited."""

from datetime import datetime
from typing import Final, Self

from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.templates import Rendered, TemplateText, render
from laurel.domain.people.sign_in_links import LinkKind
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import dated_id

_TEXTS: Final[dict[LinkKind, TemplateText]] = {
    "sign_in": TemplateText(
        name="Sign in",
        subject="Sign in to {{ program.name }}",
        text="Hello,\n\nopen this page and press the button to sign in to {{ program.name }}:\n\n{{ link }}\n\n"
        "The link is good for 15 minutes, once. If you did not ask for it, do nothing: without the button nobody is "
        "signed in.\n",
    ),
    "invitation": TemplateText(
        name="Invitation",
        subject="You are invited to {{ program.name }}",
        text="Hello,\n\nyou are invited to work on the partner program of {{ program.name }}. Open this page and press "
        "the button to sign in:\n\n{{ link }}\n\nThe link is good for 7 days, once. Later ones are mailed to you "
        "whenever you ask for one there.\n",
    ),
}
_TO_MEMBER: Final = TemplateText(
    name="Invitation",
    subject="Welcome to the program of {{ program.name }}",
    text="Hello,\n\nyou are in the partner program of {{ program.name }}. Open this page and press the button to "
    "see your links, codes and earnings:\n\n{{ link }}\n\nThe link is good for 7 days, once. Later ones are mailed to "
    "you whenever you ask for one there.\n",
)


class SignInMail(Outgoing):
    """A mail with a link for a user or member. `origin`: the beginning of the link, which is made with the letter."""

    kind: LinkKind
    person_id: str
    origin: str

    @classmethod
    def of(cls, kind: LinkKind, person_id: str, to: str, origin: str, at: datetime) -> Self:
        """The mail to the address `to`, due at once; the same for the same person and instant."""
        return cls(
            kind=kind,
            mail_id=dated_id("mai", at, kind, person_id),
            person_id=person_id,
            to=to,
            origin=origin,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )

    @property
    def member_id(self) -> str | None:
        """The member whom it is to, None for a user."""
        return self.person_id if self.person_id.startswith("mem_") else None

    def rendered(self, program: Program, link: str) -> Rendered:
        """The mail as it is sent."""
        text = _TO_MEMBER if self.kind == "invitation" and self.member_id else _TEXTS[self.kind]
        return render(text, {"program.name": program.name, "link": link})
