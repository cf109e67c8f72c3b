"""Mails as they arrive: what waits in the outbox, sent by the function that sends it."""

import re
from dataclasses import dataclass, field
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2.models import sesv2_backends

from laurel.store.table import Table
from tests.functional.kit.quick_moto import REGION
from tests.functional.kit.stream import as_stream, everything, run

LINK = re.compile(r"https://api\.example\.com(/\S+)")


@dataclass
class Mailbox:
    """`seen`: how many mails were looked at."""

    table: Table
    seen: int = field(default=0)

    def new(self) -> list[Any]:
        """The mails that arrived since the last look."""
        waiting = [item for item in everything(self.table) if item.get("outbox") == "pending"]
        if waiting:
            run("mail", as_stream(*waiting))
        messages = list(sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages)
        arrived, self.seen = messages[self.seen :], len(messages)
        return arrived

    def link(self) -> str:
        """The path of the link in the one mail that arrived."""
        (mail,) = self.new()
        found = LINK.search(mail.body)
        assert found, mail.body
        return found[1]
