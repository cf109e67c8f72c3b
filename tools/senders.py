"""Bind a sender to a program without a mail, for its operator, who knows that the address is theirs.

python -m tools.senders --env dev prg_… hello@glow.example

A link that was mailed for another address of the program ends. The domain is one of the environment's `sender_domains`.
"""

import sys

from infra.environments import environment
from laurel import clock
from laurel.domain.program.senders import SenderDomains
from laurel.domain.values.model import email_address
from laurel.workflows.program import senders
from tools.commands import operate
from tools.deployed import deployed, named_program, parser
from tools.failure import ToolError, say


def main() -> int:
    """The exit status: 0, or 1 if the sender cannot be bound."""
    return operate(_run)


def _run() -> int:
    asked = parser(__doc__)
    asked.add_argument("program_id", nargs="?", default="")
    asked.add_argument("address", nargs="?", default="")
    given = asked.parse_args()
    program_id, address = named_program(given.program_id), named_address(given.address)
    domains = SenderDomains.of(",".join(environment(given.env).sender_domains))
    bound = senders.bind(deployed(given).table(), program_id, address, domains, clock.now())
    say(f"mail of {bound.name} comes from {bound.sender_email}")
    return 0


def named_address(text: str) -> str:
    """The address that an argument names. Raises ToolError if it is none."""
    try:
        return email_address(text)
    except ValueError as error:
        raise ToolError("name an e-mail address: ADDRESS=hello@glow.example") from error


if __name__ == "__main__":
    sys.exit(main())
