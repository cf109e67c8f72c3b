"""Entities as items and back: keys, index keys and the entity itself in `body`."""

from datetime import date, timedelta
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from laurel.domain.clicks import Click
from laurel.domain.commissions import Bucket, Commission, Contribution
from laurel.domain.enrollments import CodeClaim, Enrollment
from laurel.domain.history import Edit
from laurel.domain.ids import derived_id
from laurel.domain.jobs import Job
from laurel.domain.mails import Mail
from laurel.domain.members import Member
from laurel.domain.offers import Offer
from laurel.domain.programs import ApiKey, Program, Storefront
from laurel.domain.recurrences import Recurrence
from laurel.domain.rules import Rule
from laurel.domain.templates import Template
from laurel.domain.totals import Counters, DayRow, LifeRow, MonthRow, TotalsRow, to_stored
from laurel.store import indexes, keys
from laurel.store.indexes import BY_MEMBER, BY_OWNER
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.values import Item

Model = TypeVar("Model", bound=BaseModel)

OVERDUE_AFTER: Final = timedelta(minutes=5)
"""How long the stream has to fold a commission before `tick` does."""


def body(model: BaseModel) -> dict[str, Any]:
    """A model as the table and JSON carry it; None is left out."""
    if isinstance(model, Commission):
        return _commission_body(model)
    return model.model_dump(mode="json", exclude_none=True, exclude={"version"})


def parse(model: type[Model], item: Item) -> Model:
    """The entity of an item. Raises ValidationError for what does not parse: it is never skipped."""
    implied = _IMPLIED[model](item) if model in _IMPLIED else {}
    version = {"version": item["version"]} if "version" in model.model_fields else {}
    return model.model_validate({**implied, **item["body"], **version})


def _commission_body(row: Commission) -> dict[str, Any]:
    """Short of what the key and the defaults (zero, none, first tier) say, so that a typical row stays under 1 KB."""
    told = {"commission_id"} if row.updated_at != row.created_at else {"commission_id", "updated_at"}
    return row.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"version", *told})


def _implied_of_commission(item: Item) -> dict[str, Any]:
    return {"commission_id": item["pk"].partition("#")[2], "updated_at": item["body"]["created_at"]}


def _implied_of_recurrence(item: Item) -> dict[str, Any]:
    return {"recurrence_id": item["pk"].partition("#")[2]}


_IMPLIED: Final = {Commission: _implied_of_commission, Recurrence: _implied_of_recurrence}


def _item(kind: str, key: Key, model: BaseModel, **attributes: Any) -> Item:
    version = getattr(model, "version", 1)
    return {"pk": key.pk, "sk": key.sk, "kind": kind, "version": version, "body": body(model), **attributes}


_BESIDE_SETTINGS: Final = ("rules_version", "in_use", "visitor_salt")


def program(entity: Program) -> Item:
    """A program's settings. What others than its settings' editor write stands beside the body."""
    item = _item("program", keys.program(entity.program_id), entity)
    for name in _BESIDE_SETTINGS:
        item[name] = getattr(entity, name)
        item["body"].pop(name, None)
    return item


def parse_program(item: Item) -> Program:
    """The program of an item, with what stands beside its body."""
    beside = {name: item[name] for name in (*_BESIDE_SETTINGS, "version")}
    return Program.model_validate({**item["body"], **beside})


def api_key(entity: ApiKey, sha256: str) -> tuple[Item, Item]:
    """The door that the key opens, and the line in its program's list."""
    listed = keys.api_key(entity.program_id, entity.key_id)
    door = keys.api_key_door(sha256)
    return _item("api key door", door, entity), _item("api key", listed, entity, sha256=sha256)


def storefront(program_id: str, entity: Storefront) -> Item:
    """A storefront in its program's list."""
    return _item("storefront", keys.storefront(program_id, entity.storefront_id), entity)


def template(program_id: str, entity: Template) -> Item:
    """A mail template."""
    return _item("template", keys.template(program_id, entity.template_id), entity)


def offer(program_id: str, entity: Offer) -> Item:
    """An offer with its options."""
    return _item("offer", keys.offer(program_id, entity.offer_id), entity)


def rule(program_id: str, entity: Rule) -> Item:
    """A performance-reward rule."""
    return _item("rule", keys.rule(program_id, entity.rule_id), entity)


def member(program_id: str, entity: Member) -> Item:
    """A member's profile, listed under its program."""
    owner = {BY_OWNER.pk: indexes.members(program_id), BY_OWNER.sk: entity.member_id}
    return _item("member", keys.member(program_id, entity.member_id), entity, **owner)


def enrollment(program_id: str, entity: Enrollment) -> Item:
    """A member in an offer, listed under the offer and under its option by the time it began."""
    at = f"{keys.instant(entity.created_at)}#{entity.member_id}"
    indexed = {
        BY_MEMBER.pk: indexes.option_members(program_id, entity.offer_id, entity.payout_option_id),
        BY_MEMBER.sk: at,
        BY_OWNER.pk: indexes.offer_enrollments(program_id, entity.offer_id),
        BY_OWNER.sk: at,
    }
    return _item("enrollment", keys.enrollment(program_id, entity.member_id, entity.offer_id), entity, **indexed)


def code_claim(program_id: str, entity: CodeClaim) -> Item:
    """Whose a promo code is."""
    return _item("promo code", keys.promo_code(program_id, entity.promo_code), entity)


def mail(program_id: str, entity: Mail) -> Item:
    """An outbox item, listed under its member and its rule; `outbox` wakes the sender while it is pending."""
    at = f"{keys.instant(entity.created_at)}#{entity.mail_id}"
    indexed = {
        BY_MEMBER.pk: indexes.member_mails(program_id, entity.member_id),
        BY_MEMBER.sk: at,
        BY_OWNER.pk: indexes.rule_mails(program_id, entity.rule_id),
        BY_OWNER.sk: at,
    }
    is_open = entity.status in {"pending", "sending"}
    due = indexes.due(program_id, indexes.MAIL, entity.mail_id, entity.next_attempt_at) if is_open else {}
    key = keys.mail(program_id, entity.mail_id, entity.created_at)
    return _item("mail", key, entity, outbox=entity.status, **indexed, **due)


def job(program_id: str, entity: Job) -> Item:
    """A long piece of work and its cursor."""
    return _item("job", keys.job(program_id, entity.job_id), entity)


def recurrence(program_id: str, entity: Recurrence) -> Item:
    """What follows a first payment by itself; in the work index until it ends."""
    key = keys.recurrence(program_id, entity.recurrence_id)
    due = {} if entity.ended else indexes.due(program_id, indexes.RECUR, entity.recurrence_id, entity.next_at)
    return _item("recurrence", key, entity, **due)


def history(program_id: str, subject_id: str, edit: Edit, about: str) -> Item:
    """One line of the history of an offer or a rule."""
    return _item("history", keys.history(program_id, subject_id, edit.at, about), edit)


def offer_history(program_id: str, offer_id: str, edit: Edit, version: int) -> Item:
    """A line of an offer's history, listed under its member if it has one.

    `version`: that of what changed, the offer or the enrollment, so that every change has a line of its own.
    """
    about = derived_id("his", offer_id, edit.member_id or "", str(version))
    line = history(program_id, offer_id, edit, about)
    if edit.member_id is None:
        return line
    pk = indexes.member_history(program_id, offer_id, edit.member_id)
    return {**line, BY_MEMBER.pk: pk, BY_MEMBER.sk: line["sk"]}


def rule_history(program_id: str, rule_id: str, edit: Edit, version: int) -> Item:
    """A line of a rule's history; `version`: that of the rule after the edit."""
    return history(program_id, rule_id, edit, derived_id("his", rule_id, str(version)))


def commission_history(program_id: str, changed: Commission, edit: Edit) -> Item:
    """One line of the history of a commission, which the edit left as `changed`."""
    return _item("history", keys.commission_history(program_id, changed.commission_id, edit.at, changed.version), edit)


def click(program_id: str, entity: Click) -> Item:
    """A unique click, pending until it is counted in its row; it is forgotten when it can count no more."""
    overdue = indexes.due(program_id, indexes.CLICK, entity.click_id, entity.created_at + OVERDUE_AFTER)
    forgotten = {TTL_ATTRIBUTE: int(entity.expires_at.timestamp())}
    return _item("click", keys.click(program_id, entity.click_id), entity, pend=1, **overdue, **forgotten)


def commission(program_id: str, entity: Commission, buckets: int, counted: Contribution | None = None) -> Item:
    """A row listed under its member and its offer (`buckets`: the offer's). Pending unless `counted` is given."""
    indexed = {**_listed_by_member(program_id, entity), **_listed_by_owner(program_id, entity, buckets)}
    if counted is not None:
        state = {"counted": contribution_to_stored(counted), **settled(program_id, entity)}
    elif entity.member_id is not None:
        state = pending(program_id, entity)
    else:
        state = {}
    return _item("commission", keys.commission(program_id, entity.commission_id), entity, **indexed, **state)


def _listed_by_member(program_id: str, entity: Commission) -> dict[str, str]:
    if entity.member_id is None:
        return {}
    listed_in = indexes.member_clicks if entity.is_tally else indexes.member_commissions
    pk = listed_in(program_id, entity.member_id)
    return {BY_MEMBER.pk: pk, BY_MEMBER.sk: commission_place(entity)}


def _listed_by_owner(program_id: str, entity: Commission, buckets: int) -> dict[str, str]:
    if entity.is_tally:
        return {}
    if entity.offer_id is not None:
        partitions = indexes.offer_commissions(program_id, entity.offer_id, buckets)
    elif entity.member_id is None:
        partitions = indexes.unattributed(program_id)
    else:
        return {}
    return {
        BY_OWNER.pk: indexes.bucket_of(partitions, entity.commission_id),
        BY_OWNER.sk: commission_place(entity),
    }


def commission_place(entity: Commission) -> str:
    """Where a row stands in a list: by the time it occurred."""
    return keys.place(entity.occurred_at, entity.commission_id)


def pending(program_id: str, entity: Commission) -> dict[str, Any]:
    """What wakes rule_evaluation for a row that was created or changed, and lets `tick` find it if nothing does."""
    overdue = entity.updated_at + OVERDUE_AFTER
    return {"pend": 1, **indexes.due(program_id, indexes.PENDING, entity.commission_id, overdue)}


def settled(program_id: str, entity: Commission) -> dict[str, str]:
    """The work that is left of a folded row: the end of its hold."""
    if entity.hold_until is None or entity.status != "pending":
        return {}
    return indexes.due(program_id, indexes.HOLD, entity.commission_id, entity.hold_until)


def contribution_to_stored(contribution: Contribution) -> list[Any]:
    """What a row has contributed, as `counted` holds it."""
    return [*contribution.bucket, *contribution[1:]]


def contribution_of(item: Item) -> Contribution | None:
    """What the totals hold of a commission item; None if it was never folded."""
    stored = item.get("counted")
    return None if stored is None else Contribution(Bucket(*stored[:5]), *stored[5:])


def totals(program_id: str, member_id: str, row: TotalsRow, counters: Counters) -> Item:
    """One totals row of a member; those of days are listed under their offer."""
    pk = keys.account(program_id, member_id)
    item = {"pk": pk, "sk": _totals_sk(row), "kind": "totals", "body": to_stored(counters)}
    if not isinstance(row, DayRow):
        return item
    shard = indexes.bucket_of(indexes.offer_totals(program_id, row.offer_id), member_id)
    return {**item, BY_OWNER.pk: shard, BY_OWNER.sk: f"{row.day.isoformat()}#{member_id}"}


def _totals_sk(row: TotalsRow) -> str:
    match row:
        case DayRow(day, offer_id):
            return keys.day_totals(day, offer_id)
        case MonthRow(month, offer_id):
            return keys.month_totals(month, offer_id)
        case LifeRow(offer_id):
            return keys.lifetime_totals(offer_id)


def totals_row(sk: str) -> TotalsRow | None:
    """Which totals a sort key of a member's collection holds, if any."""
    match sk.split("#"):
        case ["day", day, offer_id]:
            return DayRow(date.fromisoformat(day), offer_id)
        case ["month", month, offer_id]:
            return MonthRow(keys.month_of(month), offer_id)
        case ["lifetime", offer_id]:
            return LifeRow(offer_id)
        case _:
            return None
