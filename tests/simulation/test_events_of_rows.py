"""Whatever happens to orders, refunds, payouts and rules under faults: the last event of each row is the row."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from laurel.domain import telling
from laurel.domain.kernel import told
from laurel.domain.ledger.commissions import Commission
from laurel.domain.values.model import MOST_OPERATIONS
from laurel.store import event_items, items
from tests.simulation.kit.actors.actors import Functions
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.judge import verdict
from tests.simulation.kit.trials import judged

HISTORIES = 20


class Following(History):
    """A history whose programs keep their events; nobody listens."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        for tenant in self.world.tenants:
            features = tenant.program.features.model_copy(update={"events": True})
            tenant.program = tenant.program.model_copy(update={"features": features})
        # the page of events, beside the least that there must be room for
        self._sizes = replace(self._sizes, budget=min(MOST_OPERATIONS, self._sizes.budget + 1))


def rows_told_wrongly(seed: int) -> list[str]:
    """Rows that wait for nothing and whose last event is another; or what else is wrong with the history."""
    history = Following(seed)
    if found := judged(history, verdict):
        return found
    kept = list(history.table.contents().values())
    last: dict[tuple[str, str], Any] = {}
    for page in (item for item in kept if item["kind"] == event_items.PAGE):
        for event in event_items.page(page).events:
            about = page["pk"].partition("#")[0], event.subject
            last[about] = max(event, last.get(about, event), key=lambda each: each.sequence)
    assert last
    return [item["pk"] for item in kept if _is_counted(item) and not _is_told(item, last)]


def _is_counted(item: Mapping[str, Any]) -> bool:
    is_row = item["kind"] == "commission" and "counted" in item and "pend" not in item
    return is_row and not items.parse(Commission, dict(item)).is_tally


def _is_told(item: Mapping[str, Any], last: Mapping[tuple[str, str], Any]) -> bool:
    program_id, _, row_id = item["pk"].partition("#")
    event, row = last.get((program_id, f"commission:{row_id}")), items.parse(Commission, dict(item))
    return event is not None and (event.data["amount"], event.data["status"]) == (row.amount, row.status)


@pytest.fixture(autouse=True)
def _pages_are_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream hands pages of events on as well; there is no endpoint here."""
    real = Functions._send

    def send(self: Functions, image: dict[str, Any]) -> None:
        if image["kind"] != event_items.PAGE:
            real(self, image)

    monkeypatch.setattr(Functions, "_send", send)


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_the_last_event_of_each_row_is_the_row(seed: int):
    assert rows_told_wrongly(seed) == []


def _tells_new_rows_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(told, "_is_news", lambda fold: fold.change.counted is None)


def _tells_no_row_that_a_rule_made(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(telling, "of_new_row", telling.of_firing)


def _tells_rows_as_they_were_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(told._Told, "commission", property(lambda self: self.fold.change.read))


@pytest.mark.parametrize("bug", [_tells_new_rows_alone, _tells_no_row_that_a_rule_made, _tells_rows_as_they_were_read])
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    bug(monkeypatch)
    assert any(rows_told_wrongly(seed) for seed in range(4 * HISTORIES))
