"""The list of mails that were sent or are about to be."""

from collections.abc import Mapping
from typing import Any

from laurel.domain.mail.mails import MailView
from laurel.store import indexes, keys, mail_items, outbox
from laurel.store.indexes import BY_MEMBER, BY_OWNER
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page


def page(
    table: Table, program_id: str, *, member_id: str | None, rule_id: str | None, limit: int, cursor: str | None
) -> Page[MailView]:
    """The program's mails, of one member or rule if given."""
    where: Mapping[str, Any] = {}
    if member_id is not None:
        partitions, index = [indexes.member_mails(program_id, member_id)], BY_MEMBER
        where = {} if rule_id is None else {f"{mail_items.MESSAGE}.rule_id": rule_id}
    elif rule_id is not None:
        partitions, index = [indexes.rule_mails(program_id, rule_id)], BY_OWNER
    else:
        partitions, index = keys.mails(program_id), None
    return listing.page(table, partitions, _shown, limit=limit, cursor=cursor, index=index, where=where)


def _shown(item: Item) -> MailView:
    return MailView.model_validate(outbox.parse(item))
