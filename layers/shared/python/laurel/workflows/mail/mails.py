"""The list of mails that were sent or are about to be."""

from collections.abc import Mapping
from typing import Any

from laurel.domain.mail.mails import MailView
from laurel.domain.mail.outgoing import MailStatus
from laurel.store import indexes, keys, mail_items, outbox
from laurel.store.indexes import BY_MEMBER, BY_OWNER
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page


def page(  # noqa: PLR0913 -- all of them narrow one question
    table: Table,
    program_id: str,
    *,
    member_id: str | None,
    rule_id: str | None,
    kind: str | None = None,
    status: MailStatus | None = None,
    limit: int,
    cursor: str | None,
    in_one: bool = False,
) -> Page[MailView]:
    """The program's mails, of one member or rule, of one kind and state if given. `in_one`: as of `listing.page`."""
    where: Mapping[str, Any] = {**_of_kind(kind), f"{mail_items.MESSAGE}.status": status}
    if member_id is not None:
        partitions, index = [indexes.member_mails(program_id, member_id)], BY_MEMBER
        where = {**where, f"{mail_items.MESSAGE}.rule_id": rule_id} if rule_id is not None else where
    elif rule_id is not None:
        partitions, index = [indexes.rule_mails(program_id, rule_id)], BY_OWNER
    else:
        partitions, index = keys.mails(program_id), None
    return listing.page(table, partitions, _shown, limit=limit, cursor=cursor, index=index, where=where, in_one=in_one)


def _of_kind(kind: str | None) -> dict[str, Any]:
    """Narrows to a kind; a rule's mails are kept without it, and are those that name one."""
    return {f"{mail_items.MESSAGE}.rule_id": bool} if kind == "rule" else {f"{mail_items.MESSAGE}.kind": kind}


def _shown(item: Item) -> MailView:
    return MailView.model_validate(outbox.parse(item))
