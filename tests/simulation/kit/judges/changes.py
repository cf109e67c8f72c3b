"""What edits leave: each change of an offer or enrollment one version and one line of history; codes one owner."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from laurel.domain.members.bulk_edits import BulkEditResults
from laurel.store import keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit

_UNTOLD: Final = {"updated_at", "move", "deactivated_at", "gaps", "removed_options"}
Subject = tuple[str, str, str]
"""Program, offer, and the member in it or nothing."""


def wrongs(history: History) -> Iterator[str]:
    """Changes without their one line, or of something else than was read; codes and links that change hands."""
    batches, codes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for commit in (each for each in history.table.log if each.by != "-"):
        for record in commit.records:
            if record._old is not None:
                yield from _kept(commit, record, record._old, record._new)
        changed = {subject: record for record in commit.records if (subject := _subject(record.key)) is not None}
        lines = [r for r in commit.records if (r._new or {}).get("kind") == "history" and not _is_blanked(r)]
        if changed or lines:
            judge = _lines if commit.rulebook is None else _moves
            yield from judge(commit, changed, [line for line in lines if "#history#off_" in line.key.pk])
        batches.update(_batches(lines))
        codes.update(_batches(line for line in lines if _is_of_code((line._new or {})["body"])))
        history.counts["changes with a line"] += len(lines)
    if codes and max(codes.values()) > 1:
        yield f"a bulk edit gave a member two codes: {codes}"
    yield from moves_end_own_terms(history)
    for editor in history.editors:
        yield from _told(history, editor.offers.told, batches)


def moves_end_own_terms(history: History) -> Iterator[str]:
    """Whoever moves a member to another option ends what was agreed with the member in the option before."""
    for commit in history.table.log:
        for record in commit.records:
            old, new = (record._old or {}).get("body", {}), (record._new or {}).get("body", {})
            if record.key.sk.startswith("enrollment#") and "terms" in old:
                is_moved = old["payout_option_id"] != new["payout_option_id"]
                history.counts["own terms ended by a move"] += is_moved
                if is_moved and "terms" in new:
                    yield f"commit {commit.number} by {commit.by} moves and keeps terms: {old} -> {new}"


def _subject(key: Key) -> Subject | None:
    """What is at `key`; None if it is neither an offer nor an enrollment."""
    if not key.sk.startswith(("off_", "enrollment#")):
        return None
    program_id, _, owner = key.pk.partition("#")
    return (program_id, key.sk, "") if owner == "offers" else (program_id, key.sk.partition("#")[2], owner)


def _kept(commit: Commit, record: Record, old: Item, new: Item | None) -> Iterator[str]:
    if old.get("kind") == "history" and not _is_blanked(record):
        yield f"commit {commit.number} by {commit.by} rewrites history: {old} -> {new}"
    elif record.key.sk in {"code", "link"} and (new is None or _owner(new) != _owner(old)):
        yield f"commit {commit.number} by {commit.by} gives a code away: {old} -> {new}"
    elif _subject(record.key) is not None and (new is None or not _follows(old, new)):
        yield f"commit {commit.number} by {commit.by} overruns an edit: {old} -> {new}"


def _is_blanked(record: Record) -> bool:
    """Whether a line of history loses the values of somebody who was erased, and nothing else."""
    if record._old is None or record._new is None:
        return False
    named = [{"field": change["field"]} for change in record._old["body"]["changes"]]
    return bool(record._new["body"] == {**record._old["body"], "changes": named})


def _follows(old: Item, new: Item) -> bool:
    """Whether an edit is one version and some time after the one before, whoever was asked first."""
    return new["version"] > old["version"] and _edited_at(old) < _edited_at(new)


def _edited_at(item: Item) -> datetime:
    return datetime.fromisoformat(item["body"]["updated_at"])


def _owner(item: Item) -> tuple[str, str]:
    return item["body"]["offer_id"], item["body"]["member_id"]


def _lines(commit: Commit, changed: Mapping[Subject, Record], lines: list[Record]) -> Iterator[str]:
    told = Counter(_told_of(record) for record in lines)
    if told != Counter(changed.keys()):
        yield f"commit {commit.number} by {commit.by} changes {[*changed]}, tells of {[*told]}"
        return
    for line in lines:
        record = changed[_told_of(line)]
        stamps = {(line._new or {})["body"]["at"], *_stamps(commit)}
        if len(stamps) > 1:
            yield f"commit {commit.number} by {commit.by} is of {stamps}"
        before, after = ((item or {"body": {}})["body"] for item in (record._old, record._new))
        yield from _line(commit, before, after, (line._new or {})["body"])


def _moves(commit: Commit, changed: Mapping[Subject, Record], lines: list[Record]) -> Iterator[str]:
    """Moves by rules: each a line, one after the other, and all that becomes different of an enrollment."""
    told: dict[Subject, list[Item]] = {subject: [] for subject in changed}
    for line in lines:
        told.setdefault(_told_of(line), []).append((line._new or {})["body"])
    for subject, record in changed.items():
        old, new = record._old or {"body": {}}, record._new or {"body": {}}
        expected, version = {**old["body"]}, old["version"]
        for edit in told.pop(subject):
            change, *ended = edit["changes"]
            is_moved = change["field"] == "payout_option_id" and change["before"] == expected["payout_option_id"]
            says_so = [each["field"] for each in ended] == ["terms"] * (expected.pop("terms", None) is not None)
            if not (is_moved and says_so and edit["actor"].startswith("rule:")):
                yield f"commit {commit.number} by {commit.by} tells {edit} of {expected}"
            moved = {"payout_option_id": change["after"], "move": expected.get("move", 0) + 1}
            expected, version = {**expected, **moved, "updated_at": edit["at"]}, version + 1
        if (expected, version) != (new["body"], new["version"]):
            yield f"commit {commit.number} by {commit.by} makes of {old} {new}, told are {lines}"
    if told:
        yield f"commit {commit.number} by {commit.by} tells of {told}, changes {changed}"


def _stamps(commit: Commit) -> Iterator[str]:
    """When a commit says that it happened: the instants from which things are as it makes them."""
    for record in commit.records:
        old, new = (record._old or {}).get("body", {}), (record._new or {}).get("body", {})
        if _subject(record.key) is not None:
            yield new["updated_at"]
            if old and "deactivated_at" in new and "deactivated_at" not in old:
                yield new["deactivated_at"]
        elif record.key.sk == "code" and "ended_at" in new:
            yield new["ended_at"]
        elif record.key.sk == "code" and not old:
            yield new["issued_at"]


def _told_of(line: Record) -> Subject:
    program_id, _, offer_id = line.key.pk.split("#")
    return program_id, offer_id, (line._new or {})["body"].get("member_id", "")


def _line(commit: Commit, before: Item, after: Item, edit: Item) -> Iterator[str]:
    """A line that says otherwise than the items."""
    if not edit["changes"] or not edit["actor"].startswith("key:"):
        yield f"commit {commit.number} by {commit.by} tells nothing: {edit}"
    if "payout_option_id" in edit:
        before, after = (_option(body, edit["payout_option_id"]) for body in (before, after))
    for change in edit["changes"]:
        name = change["field"]
        if (change.get("before"), change.get("after")) != (before.get(name), after.get(name)):
            yield f"commit {commit.number} by {commit.by} tells {change} of {before} -> {after}"
    differing = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} - _UNTOLD
    if before and "payout_option_id" not in edit and differing != {change["field"] for change in edit["changes"]}:
        yield f"commit {commit.number} by {commit.by} tells {edit['changes']}, differing are {differing}"


def _option(offer: Item, payout_option_id: str) -> dict[str, Any]:
    found = (o for o in offer.get("payout_options", ()) if o["payout_option_id"] == payout_option_id)
    return next(found, {})


def _is_of_code(edit: Item) -> bool:
    return any(change["field"] == "promo_code" for change in edit["changes"])


def _batches(lines: Iterable[Record]) -> Iterator[tuple[str, str]]:
    """The bulk edits that the lines are of, and the members that they are about."""
    for edit in ((record._new or {})["body"] for record in lines):
        if "batch_id" in edit:
            yield edit["batch_id"], edit.get("member_id", "")


def _told(history: History, pages: list[BulkEditResults], batches: Counter[tuple[str, str]]) -> Iterator[str]:
    for page in pages:
        history.counts["pages of bulk edits"] += 1
        for result in page.results:
            history.counts[f"bulk edit {result.status}"] += 1
            if result.status == "changed" and not batches[page.batch_id, result.member_id]:
                yield f"{result} was told, and is in no history"


def left(own: Mapping[Key, Item]) -> Iterator[str]:
    """Codes that lead to two enrollments, to another than the one that has them, or on although they were replaced."""
    enrolled = {_owner(item): item["body"] for item in own.values() if item["kind"] == "enrollment"}
    codes = [item["body"] for item in own.values() if item["kind"] == "promo code"]
    alive = {(code["offer_id"], code["member_id"], code["promo_code"]) for code in codes if "ended_at" not in code}
    theirs = {(*owner, body["promo_code"]) for owner, body in enrolled.items() if "promo_code" in body}
    if alive != theirs:
        yield f"codes {alive - theirs} lead to who has them no more, {theirs - alive} to nobody"
    if len({code["promo_code"] for code in codes}) < len(codes):
        yield f"a code is there twice: {codes}"
    for (offer_id, member_id), body in enrolled.items():
        door = own.get(keys.link(body.get("slug", "")))
        if "slug" in body and (door is None or _owner(door) != (offer_id, member_id)):
            yield f"the link of {body} leads to {door}"
