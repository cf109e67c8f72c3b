"""The work around transitions: reading the rules, sending the mail, a minute in which nothing is due."""

from typing import Final

from laurel.mailer import Letter, Mailer
from laurel.queue import Queue
from laurel.store import keys
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.mail import outbox
from laurel.workflows.mail.letters import Senders
from laurel.workflows.mail.outbox import Result
from laurel.workflows.upkeep import job_pages, sweeps
from tools.bench import samples
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Row, Table, Target, figures
from tools.bench.transitions import fold_new
from tools.bench.world import SENDER, Lab, World, world
from tools.failure import ToolError


class StubMailer(Mailer):
    """A mailer that takes every mail."""

    def __init__(self) -> None:
        super().__init__("bench")

    def send(self, letter: Letter) -> str:
        """A message id as long as those of SES."""
        return f"0100019{letter.mail_id[4:]}-1a2b3c4d-0000-000000"


def table(lab: Lab) -> Table:
    """The cost per batch, per mail and per minute."""
    many = world(lab, samples.template(), samples.rules(100, samples.NEVER))
    return Table("Around transitions", [*_rulebook_rows(many), _mail(lab), _sweep(many)], _NOTES)


_NOTES: Final = (
    "The rules are read once per version and process; each batch of the stream reads the program once to know it.",
    "A mail: program, member and template, then SENDING, then SENT.",
)


def _rulebook_rows(shop: World) -> list[Row]:
    rulebooks = Rulebooks()
    names = ("the rulebook, 100 rules, after an edit", "the rulebook, known")
    targets = (NO_TARGET, Target("1 trip a batch", is_met=True))
    rows = []
    for name, target in zip(names, targets, strict=True):
        with shop.lab.meter.measure() as bill:
            rulebooks.current(shop.lab.table, shop.program_id)
        rows.append(_row(name, bill, target))
    return rows


def _mail(lab: Lab) -> Row:
    template = samples.template()
    shop = world(lab, template, [samples.rule(samples.WEEKLY, samples.AT_ONCE, template)])
    fold_new(shop, shop.seller(), 1)
    (item,) = [item for pk in keys.mails(shop.program_id) for item in shop.lab.quiet.query(pk)]
    with lab.meter.measure() as bill:
        result = outbox.dispatch(lab.table, StubMailer(), shop.program_id, item, samples.NOW, Senders(SENDER))
    if result is not Result.SENT:
        raise ToolError(f"the bench's mail was not sent: {result.value}")
    return _row("a mail sent", bill)


def _sweep(shop: World) -> Row:
    return _row("a minute in which nothing is due, per program", idle_minute(shop))


def idle_minute(shop: World) -> Bill:
    """The bill of a sweep that finds nothing due."""
    table, rulebooks = shop.lab.table, Rulebooks()
    with shop.lab.meter.measure() as bill:
        swept = sweeps.sweep(table, rulebooks, shop.program_id, samples.NOW)
        stalled = job_pages.resend_stalled(table, Queue(""), shop.program_id, samples.NOW)
    if swept.overdue or swept.released or swept.mails or stalled:
        raise ToolError("the bench's sweep found work")
    return bill


def _row(name: str, bill: Bill, target: Target = NO_TARGET) -> Row:
    return Row(name, {**figures(bill.cost), "calls": bill.operations}, target)
