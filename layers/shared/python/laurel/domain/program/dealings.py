"""Settings of how a program deals with its members: applications and statements."""

from laurel.domain.values.model import Flag, Frozen, Url


class Applications(Frozen):
    """Whether anybody may apply to become a member, and the page of terms that they must agree to."""

    open: Flag = False
    terms_url: Url | None = None


class Statements(Frozen):
    """Whether a member is mailed what a payout paid them, once it is confirmed."""

    mail_members: Flag = False
