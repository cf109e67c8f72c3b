"""Mail: what was sent and is to be sent, and the address that it comes from."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final, Literal, assert_never, get_args

from pydantic import Field

from laurel.console.rule_words import period_of
from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.mails import AnyMail, Confirmation, Mail, MailView
from laurel.domain.mail.notices import AddressChangedMail, PayeeChangedMail, StatementMail
from laurel.domain.mail.outgoing import MailStatus
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.program.mail_reports import MailReason
from laurel.domain.program.senders import Asking, SenderDomains
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import MemberId, RuleId
from laurel.domain.values.model import Frozen
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers, forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.mail import mails, outbox
from laurel.workflows.program import programs, senders
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

pages: Final = Pages()
TABS: Final = (("/mail", "Sent"), ("/mail/templates", "Templates"), ("/mail/sender", "Sender"))
KINDS: Final[Mapping[str, str]] = {
    "rule": "Reward",
    "statement": "Payout statement",
    "payee_changed": "Payment details changed",
    "address_changed": "E-mail address changed",
    "new_address": "New e-mail address",
    "sign_in": "Sign in",
    "invitation": "Invitation",
    "confirmation": "Confirmation of the sender",
    "endpoint_paused": "Endpoint paused",
}
Kind = Literal[
    "rule",
    "statement",
    "payee_changed",
    "address_changed",
    "new_address",
    "sign_in",
    "invitation",
    "confirmation",
    "endpoint_paused",
]
REASONS: Final[Mapping[MailReason, str]] = {
    "no_such_address": "there is no such address",
    "mailbox_full": "the mailbox is full",
    "too_large": "the mail was too large",
    "content_refused": "the receiver refused its content",
    "suppressed": "the mail service sends nothing there any more",
    "refused": "the receiver refused it",
    "spam": "its reader called it spam",
    "fraud": "its reader called it fraud",
    "other": "the receiver did not say why",
}
STATUSES: Final = tuple((status, status.capitalize()) for status in get_args(MailStatus))
COLUMNS: Final = ("Made on", "Kind", "Rule", "Period", "To", "Member id", "State", "Attempts", "Failure", "Mail id")


class Asked(Frozen):
    """The filters of the list, as its address has them."""

    kind: Kind | None = None
    status: MailStatus | None = None
    member_id: MemberId | None = None
    rule_id: RuleId | None = None
    format: Literal["csv"] | None = None
    cursor: Annotated[str | None, Field(max_length=2000)] = None


@pages.get("/mail", "viewer")
def listed(visit: Visit, trouble: str = "") -> Answer:
    """The mails of the program, newest first, as a page or as CSV."""
    known, found = KnownNames(table(), visit.program_id), Page[MailView](items=[], next_cursor=None)
    try:
        asked: Asked = forms.model(Asked, {name: text for name, text in visit.query.items() if text.strip()})
        if asked.format is not None:
            return _csv(visit, asked)
        found = _read(visit, asked, DEFAULT_LIMIT, asked.cursor)
    except Invalid as refusal:
        trouble = " ".join(sentence for _, sentence in refusal.errors)
    sent = [each.root for each in found.items]
    known.learn_groups("member", [member_id for each in sent if (member_id := _member_of(each)) is not None])
    return visit.show(
        "mail/list.html",
        status=422 if trouble else 200,
        tabs=TABS,
        listed=found,
        mails=sent,
        people=known.names.people,
        kinds=KINDS,
        statuses=STATUSES,
        reasons=REASONS,
        period=period_of,
        trouble=trouble,
    )


@pages.post("/mail/sent/<mail_id>/resend", "manager")
def resend(visit: Visit, mail_id: str) -> Answer:
    """Sends a mail again that failed, or of which nobody knows."""
    return visit.save(
        lambda: outbox.resend(table(), visit.program_id, mail_id, visit.now),
        done=lambda _: visit.go("/mail", "The mail is sent again."),
        again=lambda form: listed(visit, form.trouble),
    )


@pages.get("/mail/sender", "viewer")
def sender(visit: Visit, form: Form | None = None) -> Answer:
    """The address that mail comes from, and the one that mails to the merchant go to."""
    program = programs.get(table(), visit.program_id)
    return visit.show("mail/sender.html", tabs=TABS, program=program, form=(form or Form()).over(program))


@pages.post("/mail/sender", "manager")
def set_sender(visit: Visit) -> Answer:
    """Changes the addresses; a new sender is mailed a link that its owner agrees by."""

    def work() -> bool:
        program, patch = programs.get(table(), visit.program_id), visit.entered.patch()
        addresses = forms.model(Addresses, {name: text for name, text in patch.items() if text is not None})
        edited = {name: getattr(addresses, name) for name in patch}
        changed = programs.edit(table(), program, edited, visit.entered.version, visit.now, _asking(visit))
        return changed.sender_email not in {None, program.sender_email}

    asked = "The addresses are saved. A link was mailed: mail comes from the new address once its owner has agreed."
    return visit.save(
        work,
        done=lambda is_new: visit.go("/mail/sender", asked if is_new else "The addresses are saved."),
        again=lambda form: sender(visit, form),
    )


@pages.post("/mail/sender/ask", "manager")
def ask_again(visit: Visit) -> Answer:
    """Mails the link once more."""
    return visit.save(
        lambda: senders.ask_again(table(), visit.program_id, _asking(visit), visit.now),
        done=lambda _: visit.go("/mail/sender", "Another link was mailed; the one before has ended."),
        again=lambda form: sender(visit, Form(trouble=form.trouble)),
    )


class Addresses(Frozen):
    """The addresses that the form sets."""

    sender_email: str | None = None
    merchant_email: str | None = None


def _asking(visit: Visit) -> Asking:
    return Asking(SenderDomains.of(settings().sender_domains), visit.origin)


def _read(visit: Visit, asked: Asked, limit: int, cursor: str | None) -> Page[MailView]:
    return mails.page(
        table(),
        visit.program_id,
        member_id=asked.member_id,
        rule_id=asked.rule_id,
        kind=asked.kind,
        status=asked.status,
        limit=limit,
        cursor=cursor,
        in_one=True,
    )


def _member_of(mail: AnyMail) -> str | None:
    """The member whom a mail is about, if it is about one."""
    match mail:
        case Mail() | PayeeChangedMail() | AddressChangedMail() | StatementMail() | SignInMail() | NewAddressMail():
            return mail.member_id
        case Confirmation() | EndpointPausedMail():
            return None
        case _:
            assert_never(mail)


def _csv(visit: Visit, asked: Asked) -> Answer:
    def cells(view: MailView) -> Cells:
        mail = view.root
        rule, period = (mail.rule_name, mail.period) if isinstance(mail, Mail) else (None, None)
        return {
            "Made on": visit.program.calendar.day_of(mail.created_at).isoformat(),
            "Kind": KINDS[mail.kind],
            "Rule": rule,
            "Period": period,
            "To": mail.to,
            "Member id": _member_of(mail),
            "State": mail.status,
            "Attempts": mail.attempts,
            "Failure": mail.failure,
            "Mail id": mail.mail_id,
        }

    return answers.sheet(Layout("mails", COLUMNS, cells), partial(_read, visit, asked))
