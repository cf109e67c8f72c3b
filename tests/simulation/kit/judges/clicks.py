"""What became of each click: told as it is, counted once, in the one row that it belongs to."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from laurel.store import indexes, keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.actors.visitors import Asked, Told
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.judges.attributions import Lead, refusal
from tests.simulation.kit.judges.past import Changed, Past, View, agreed_in, options_of
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit
from tests.simulation.kit.world.worlds import Tenant

_NAME: Final = ("member_id", "offer_id", "payout_option_id", "day", "move", "own_terms")
Name = tuple[Any, ...]


def wrongs(history: History, past: Past) -> Iterator[str]:
    """Commits that count clicks otherwise than once each, and rows that pay otherwise than for their clicks."""
    unpaid: dict[Name, set[Key]] = defaultdict(set)
    for commit in history.table.log:
        counted, grown = Counter[Name](), Counter[Name]()
        for record in commit.records:
            if record.key.sk == "click":
                yield from _click(history, past, commit, record, counted)
            elif record.key.sk == "commission" and (record._new or {}).get("body", {}).get("type") == "click":
                yield from _row(record, unpaid, grown)
        if counted != grown:
            yield f"commit {commit.number} by {commit.by} counts {counted}, its rows grow by {grown}"
        history.counts["clicks counted"] += counted.total()


def _click(history: History, past: Past, commit: Commit, record: Record, counted: Counter[Name]) -> Iterator[str]:
    old, new = record._old, record._new
    if old is None and new is not None and new.get("pend") == 1:
        history.counts["clicks"] += 1
        history.counts["clicks paid by own terms"] += new["body"].get("own_terms", False)
        if (worth := _worth(new["body"])) not in (offered := {*_offered(past, commit, record.key, new["body"])}):
            yield f"{record.key} is worth {worth}, its option or its member's own terms offered {offered}"
    elif old is not None and new is not None and {**old, "visited_at": ""} == {**new, "visited_at": ""}:
        history.counts["clicks visited again"] += 1
        if _instant(new["visited_at"]) <= _instant(old["visited_at"]):
            yield f"commit {commit.number} takes a visit back: {old} -> {new}"
    elif old is None or new is None or "pend" not in old or "pend" in new or old["body"] != new["body"]:
        yield f"commit {commit.number} makes of a click {old} -> {new}"
    else:
        counted[_name(record.key, new)] += 1


def _worth(body: Mapping[str, Any]) -> int | None:
    """What each click earns; None if clicks earn nothing."""
    return body["terms"]["amount"] if "terms" in body else None


def _offered(past: Past, commit: Commit, key: Key, click: Mapping[str, Any]) -> Iterator[int | None]:
    """What a click earned by its option's version, or by what was agreed with the member, as it stood meanwhile."""
    program_id, offer_id = key.pk.partition("#")[0], click["offer_id"]
    enrollment = keys.enrollment(program_id, click["member_id"], offer_id)
    agreed = agreed_in(past.between(enrollment, commit.since, commit.number))
    if click.get("own_terms", False):
        yield from (_of_click(terms) for terms in agreed if terms is not None)
        return
    if None not in agreed:
        return
    offer = keys.offer(program_id, offer_id)
    wanted = (click["payout_option_id"], click["option_version"])
    for option in options_of(past.between(offer, commit.since, commit.number)):
        if (option["payout_option_id"], option["version"]) == wanted:
            yield _of_click(option["terms"])


def _of_click(terms: Mapping[str, Any]) -> int | None:
    return terms["amount"] if terms["type"] == "per_click" else None


def _row(record: Record, unpaid: dict[Name, set[Key]], grown: Counter[Name]) -> Iterator[str]:
    old, new = record._old, record._new or {}
    row, name = new["body"], _name(record.key, new)
    grown[name] += row["clicks"] - (old["body"]["clicks"] if old else 0)
    if old is None:
        if unpaid[name]:
            yield f"{record.key} begins beside {unpaid[name]}"
        unpaid[name].add(record.key)
    elif _name(record.key, old) != name:
        yield f"{record.key} is another row now: {old['body']} -> {row}"
    if row.get("payout") in {"in_payout", "paid"}:
        unpaid[name].discard(record.key)
    if row["amount"] != row["clicks"] * (_worth(row) or 0):
        yield f"{record.key} pays {row['amount']} for {row['clicks']} clicks of {_worth(row)}"


def _name(key: Key, item: Mapping[str, Any]) -> Name:
    """What clicks and rows share: program, member, offer, option, local day, and what a click earns."""
    return key.pk.partition("#")[0], *(item["body"].get(name, 0) for name in _NAME), _worth(item["body"])


def left(history: History, tenant: Tenant, own: Mapping[Key, Item], zone: str, past: Past) -> Iterator[str]:
    """Clicks and rows as they are in the end, and what was told of them."""
    clicks = {key.pk.partition("#")[2]: item for key, item in own.items() if item["kind"] == "click"}
    rows = [
        (key, item) for key, item in own.items() if item["kind"] == "commission" and item["body"]["type"] == "click"
    ]
    history.counts["click rows"] += len(rows)
    history.counts["click rows paid"] += sum(item["body"].get("payout") == "paid" for _, item in rows)
    per_name, per_row = Counter[Name](), Counter[Name]()
    for click_id, item in clicks.items():
        per_name[_name(keys.click(tenant.program_id, click_id), item)] += 1
    for key, item in rows:
        per_row[_name(key, item)] += item["body"]["clicks"]
        yield from _listed(tenant, key, item)
    if per_name != per_row:
        yield f"there are clicks {per_name}, in rows {per_row}"
    yield from _answers(history, tenant, zone, clicks, past)


def _listed(tenant: Tenant, key: Key, item: Item) -> Iterator[str]:
    """What can be paid is in the lists of its member and its offer; a tally only in that of the member's clicks."""
    is_payable = item["body"].get("payout") is not None
    program_id, member_id, offer_id = tenant.program_id, item["body"]["member_id"], item["body"]["offer_id"]
    tallies = indexes.member_clicks(program_id, member_id)
    listed = indexes.member_commissions(program_id, member_id, offer_id) if is_payable else tallies
    if item["member_pk"] != listed or ("owner_pk" in item) != is_payable:
        yield f"{key} is listed as {item.get('member_pk')} and {item.get('owner_pk')}"
    if is_payable != ("terms" in item["body"]) or not (is_payable or item["body"]["status"] == "approved"):
        yield f"{key} is payable or not, against its terms: {item}"


def _answers(history: History, tenant: Tenant, zone: str, clicks: Mapping[str, Item], past: Past) -> Iterator[str]:
    told = [each for each in history.visitors.told if each.asked.program_id == tenant.program_id]
    visits: dict[str, tuple[Any, ...]] = {}
    new: dict[str, str | None] = {}
    last: dict[str, datetime] = {}
    for each in told:
        history.counts["clicks refused"] += each.click_id is None
        history.counts["clicks told again"] += each.unique is False and each.click_id is not None
        yield from _answer(tenant, each, zone, clicks, past)
        if each.click_id is not None:
            if visits.setdefault(each.click_id, _visit(each.asked, zone)) != _visit(each.asked, zone):
                yield f"{each.click_id} is of two visits: {visits[each.click_id]}, {each}"
            if not each.is_lost:
                last[each.click_id] = max(each.asked.at, last.get(each.click_id, each.asked.at))
            if each.unique and each.click_id in new and (each.key is None or new[each.click_id] != each.key):
                yield f"{each} was told as new before"
            if each.unique:
                new[each.click_id] = each.key
    if len({*visits.values()}) < len(visits):
        yield f"one visit has two clicks: {visits}"
    yield from _last_visits(history, tenant, zone, clicks, last)
    yield from _nobodys(history, tenant, zone, clicks)


def _last_visits(
    history: History, tenant: Tenant, zone: str, clicks: Mapping[str, Item], told: Mapping[str, datetime]
) -> Iterator[str]:
    """Clicks whose last visit was never made, or is not the last of those that were answered."""
    made = {(_visit(each, zone), each.at) for each in history.visitors.asked if each.program_id == tenant.program_id}
    instants = {(slug, day, at) for (slug, _, day), at in made}
    for click_id, item in clicks.items():
        at = _instant(item["visited_at"])
        if (item["body"]["slug"], item["body"]["day"], at) not in instants or at < told.get(click_id, at):
            yield f"{item} was visited last at {told.get(click_id)}"


def _answer(tenant: Tenant, told: Told, zone: str, clicks: Mapping[str, Item], past: Past) -> Iterator[str]:
    click = clicks.get(told.click_id or "")
    if told.click_id is not None and not told.is_lost and click is None:
        yield f"{told} was told, and is not there"
    if click is not None and (click["body"]["slug"], click["body"]["day"]) != _visit(told.asked, zone)[::2]:
        yield f"{told} is {click}"
    try:
        reason = _reason(tenant, told, past)
    except Changed:
        return
    if told.key is None and ((told.click_id is None) != (reason is not None) or (told.reason or reason) != reason):
        yield f"{told} should be told {reason}"


def _reason(tenant: Tenant, told: Told, past: Past) -> str | None:
    view = View(past, told.asked.since, told.until)
    door = (view.at(keys.link(told.asked.slug)) or {})["body"]
    lead = Lead("click", door["member_id"], door["offer_id"])
    return refusal(view, tenant.program_id, lead, told.asked.at, tenant.program.attribution)


def _nobodys(history: History, tenant: Tenant, zone: str, clicks: Mapping[str, Item]) -> Iterator[str]:
    """More clicks of a link and day than visitors that asked for it."""
    asked = {_visit(each, zone) for each in history.visitors.asked if each.program_id == tenant.program_id}
    visitors = Counter((slug, day) for slug, _, day in asked)
    there = Counter((item["body"]["slug"], item["body"]["day"]) for item in clicks.values())
    if not there <= visitors:
        yield f"of visitors {visitors} there are clicks {there}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _visit(asked: Asked, zone: str) -> tuple[str, str, str]:
    """Link, visitor and local day: what a click is of."""
    day = ledger.day_of(asked.at, zone)
    return asked.slug, asked.who.on(day), day.isoformat()
