"""The mail to an address that a member wants to have from now on: whoever reads it agrees by a link."""

from datetime import datetime
from typing import Final, Literal, Self

from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.templates import Rendered, TemplateText, render
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import MemberId, dated_id

_NEW_ADDRESS: Final = TemplateText(
    name="New e-mail address",
    subject="Is this your address at {{ program.name }}?",
    text="Hello,\n\na member of {{ program.name }} wants to sign in by this address, and to get mail here. If that is "
    "you, open this page and press the button:\n\n{{ link }}\n\n"
    "The link is good for 15 minutes, once. If you did not ask for it, do nothing: without the button nothing "
    "changes.\n",
)


class NewAddressMail(Outgoing):
    """A mail with the link by which a member's new address is confirmed. `origin`: the beginning of the link."""

    kind: Literal["new_address"] = "new_address"
    member_id: MemberId
    origin: str

    @classmethod
    def of(cls, member_id: str, to: str, origin: str, at: datetime) -> Self:
        """The mail to the new address `to`, due at once; the same for the same of both at an instant."""
        return cls(
            mail_id=dated_id("mai", at, "new_address", member_id, to),
            member_id=member_id,
            to=to,
            origin=origin,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )

    def rendered(self, program: Program, link: str) -> Rendered:
        """The mail as it is sent; it names nobody, for its reader may be a stranger."""
        return render(_NEW_ADDRESS, {"program.name": program.name, "link": link})
