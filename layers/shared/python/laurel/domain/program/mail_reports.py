"""Reports on mails: what became of one after the mail service took it, in our own words."""

from typing import Literal

from laurel.domain.values.model import Frozen, Instant

MailOutcome = Literal["bounced", "complained"]
MailReason = Literal[
    "no_such_address",
    "mailbox_full",
    "too_large",
    "content_refused",
    "suppressed",
    "refused",
    "spam",
    "fraud",
    "other",
]


class MailReport(Frozen):
    """A mail that did not arrive, or that its reader complained of.

    `permanent`: nothing will arrive there, or nothing is wanted there. The receiving server's own words are not kept:
    they may repeat the address, and anybody may write them.
    """

    outcome: MailOutcome
    reason: MailReason
    permanent: bool
    at: Instant

    @property
    def weight(self) -> int:
        """The heavier one of two reports counts, in whatever order they come."""
        return 2 if self.outcome == "complained" else int(self.permanent)
