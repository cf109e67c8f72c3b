"""Entities as items and back: keys, index keys and the entity itself in `body`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel

from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import ApiKey, Program
from laurel.domain.values.ids import derived_id
from laurel.domain.values.model import instant_text
from laurel.store import indexes, keys, member_keys, row_bodies
from laurel.store.indexes import BY_MEMBER, BY_OWNER
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import Update
from laurel.store.values import Item

if TYPE_CHECKING:  # every function has this module, and few have these
    from laurel.domain.earnings.recurrences import Recurrence
    from laurel.domain.history import Edit
    from laurel.domain.mail.templates import Template
    from laurel.domain.members.enrollments import CodeClaim, Enrollment
    from laurel.domain.members.matrix import Node
    from laurel.domain.members.members import Member
    from laurel.domain.offers.offers import Offer
    from laurel.domain.program.jobs import Job
    from laurel.domain.program.programs import Storefront
    from laurel.domain.rules.rules import Rule
    from laurel.domain.tracking.clicks import Click
    from laurel.domain.tracking.facts import StateNews
    from laurel.domain.tracking.refunds import Refund
    from laurel.domain.tracking.webhooks.payments import Payment

Model = TypeVar("Model", bound=BaseModel)

OVERDUE_AFTER: Final = timedelta(minutes=5)
"""How long the stream has to fold a commission before `tick` does."""
STALLED_AFTER: Final = timedelta(minutes=10)
"""Longer than a job's message takes with all redeliveries: a job that did not advance since lost its message."""
PAYMENT_KEPT_FOR: Final = timedelta(days=90)
"""How long the refunds of a payment wait for its order."""

LAST_USED_ON: Final = "last_used_on"
"""Attribute of an API key's door, beside its body: the local day of its latest request."""


def body(model: BaseModel) -> dict[str, Any]:
    """A model as the table and JSON carry it; None is left out."""
    if isinstance(model, Commission):
        return row_bodies.body(model)
    return model.model_dump(mode="json", exclude_none=True, exclude={"version"})


def parse(model: type[Model], item: Item) -> Model:
    """The entity of an item. Raises ValidationError if it does not parse: no item is skipped."""
    whole = _WHOLE[model.__name__](item) if model.__name__ in _WHOLE else item["body"]
    version = {"version": item["version"]} if "version" in model.model_fields else {}
    return model.model_validate({**whole, **version})


def _whole_recurrence(item: Item) -> dict[str, Any]:
    return {"recurrence_id": item["pk"].partition("#")[2], **item["body"]}


def _whole_click(item: Item) -> dict[str, Any]:
    return {"visited_at": item["visited_at"], **item["body"]}


def _whole_api_key(item: Item) -> dict[str, Any]:
    return {**item["body"], "last_used_on": item.get(LAST_USED_ON)}


_WHOLE: Final = {
    "Commission": row_bodies.whole,
    "Recurrence": _whole_recurrence,
    "Click": _whole_click,
    "ApiKey": _whole_api_key,
}
"""Name of a model -> its body with the values that its storage leaves out, since another attribute has them."""


def as_item(kind: str, key: Key, model: BaseModel, **attributes: Any) -> Item:
    """An entity at its key, with the attributes beside its body."""
    version = getattr(model, "version", 1)
    return {"pk": key.pk, "sk": key.sk, "kind": kind, "version": version, "body": body(model), **attributes}


_BESIDE_SETTINGS: Final = ("rules_version", "in_use", "visitor_salt", "logo")


def program(entity: Program) -> Item:
    """A program's settings. Values that are not written with the settings stand beside the body."""
    item = as_item("program", keys.program(entity.program_id), entity)
    for name in _BESIDE_SETTINGS:
        item[name] = getattr(entity, name)
        item["body"].pop(name, None)
    closed = entity.closed_until
    return item if closed is None else {**item, "closed_until": closed.isoformat()}


PAYER: Final = "payer"
"""Attribute of a program: its payer, `sealed` as base64 ciphertext with a `mark`; none without a payer."""


def parse_program(item: Item) -> Program:
    """The program of an item, with the values beside its body."""
    beside = {name: item[name] for name in (*_BESIDE_SETTINGS, "version") if name in item}
    return Program.model_validate({**item["body"], **beside, "closed_until": item.get("closed_until")})


def links(offers: Iterable[Item]) -> frozenset[str]:
    """The ids of those `offers` (items) that members promote by link."""
    return frozenset(item["sk"] for item in offers if item["body"]["kind"] == "link")


def api_key(entity: ApiKey, sha256: str) -> tuple[Item, Item]:
    """The item that a presented key is looked up by, and the line in its program's list."""
    listed = keys.api_key(entity.program_id, entity.key_id)
    door = keys.api_key_door(sha256)
    return as_item("api key door", door, entity), as_item("api key", listed, entity, sha256=sha256)


def storefront(program_id: str, entity: "Storefront") -> Item:
    """A storefront in its program's list."""
    return as_item("storefront", keys.storefront(program_id, entity.storefront_id), entity)


def template(program_id: str, entity: "Template") -> Item:
    """A mail template."""
    return as_item("template", keys.template(program_id, entity.template_id), entity)


def offer(program_id: str, entity: "Offer") -> Item:
    """An offer with its options."""
    return as_item("offer", keys.offer(program_id, entity.offer_id), entity)


def rule(program_id: str, entity: "Rule") -> Item:
    """A performance-reward rule."""
    return as_item("rule", keys.rule(program_id, entity.rule_id), entity)


def member(program_id: str, entity: "Member") -> Item:
    """A member's profile, listed under its program."""
    owner = {BY_OWNER.pk: indexes.members(program_id), BY_OWNER.sk: entity.member_id}
    return as_item("member", keys.member(program_id, entity.member_id), entity, **owner)


def tree(program_id: str, member_id: str, entity: "Node") -> Item:
    """A member's children in the referral tree."""
    return as_item("tree", member_keys.tree(program_id, member_id), entity)


def enrollment(program_id: str, entity: "Enrollment") -> Item:
    """A member in an offer, listed under the offer and under its option by the time it began."""
    at = f"{keys.instant(entity.created_at)}#{entity.member_id}"
    indexed = {
        BY_MEMBER.pk: indexes.option_members(program_id, entity.offer_id, entity.payout_option_id),
        BY_MEMBER.sk: at,
        BY_OWNER.pk: indexes.offer_enrollments(program_id, entity.offer_id),
        BY_OWNER.sk: at,
    }
    return as_item("enrollment", keys.enrollment(program_id, entity.member_id, entity.offer_id), entity, **indexed)


def code_claim(program_id: str, entity: "CodeClaim") -> Item:
    """The owner of a promo code."""
    return as_item("promo code", keys.promo_code(program_id, entity.promo_code), entity)


def job(program_id: str, entity: "Job") -> Item:
    """A long piece of work and its cursor; in the work index while it runs."""
    is_open = entity.status == "running"
    due = indexes.due(program_id, indexes.JOB, entity.job_id, entity.updated_at + STALLED_AFTER) if is_open else {}
    return as_item("job", keys.job(program_id, entity.job_id), entity, **due)


def recurrence(program_id: str, entity: "Recurrence") -> Item:
    """A recurrence, which is in the work index until it ends."""
    key = keys.recurrence(program_id, entity.recurrence_id)
    due = {} if entity.ended else indexes.due(program_id, indexes.RECUR, entity.recurrence_id, entity.next_at)
    return as_item("recurrence", key, entity, **due)


def payment(program_id: str, storefront_id: str, name: str, entity: "Payment", now: datetime) -> Item:
    """A payment of a shop; it is forgotten if nobody reports its order, for shops take money for other things too."""
    forgotten = {} if entity.order_id else {TTL_ATTRIBUTE: int((now + PAYMENT_KEPT_FOR).timestamp())}
    return as_item("payment", keys.payment(program_id, storefront_id, name), entity, **forgotten)


def history(program_id: str, subject_id: str, edit: "Edit", about: str) -> Item:
    """One line of the history of an offer, a rule or a member."""
    return as_item("history", keys.history(program_id, subject_id, edit.at, about), edit)


def offer_history(program_id: str, offer_id: str, edit: "Edit", version: int | str) -> Item:
    """A line of an offer's history, listed under its member if it has one.

    `version`: that of the offer, enrollment or code that changed, so that every change has a line of its own.
    """
    about = derived_id("his", offer_id, edit.member_id or "", str(version))
    line = history(program_id, offer_id, edit, about)
    if edit.member_id is None:
        return line
    pk = indexes.member_history(program_id, offer_id, edit.member_id)
    return {**line, BY_MEMBER.pk: pk, BY_MEMBER.sk: line["sk"]}


def rule_history(program_id: str, rule_id: str, edit: "Edit", version: int) -> Item:
    """A line of a rule's history; `version`: that of the rule after the edit."""
    return history(program_id, rule_id, edit, derived_id("his", rule_id, str(version)))


def member_history(program_id: str, member_id: str, edit: "Edit", version: int, rule_id: str = "") -> Item:
    """A line of a member's history; `version`: of the profile after the edit. `rule_id`: of a rule, if one did it."""
    return history(program_id, member_id, edit, derived_id("his", member_id, str(version), rule_id))


def commission_history(program_id: str, changed: Commission, edit: "Edit") -> Item:
    """One line of the history of a commission, which the edit left as `changed`."""
    return as_item(
        "history", keys.commission_history(program_id, changed.commission_id, edit.at, changed.version), edit
    )


def click(program_id: str, entity: "Click") -> Item:
    """A unique click, pending until it is counted in its row; it is forgotten once it cannot count any more."""
    overdue = indexes.due(program_id, indexes.CLICK, entity.click_id, entity.created_at + OVERDUE_AFTER)
    beside = {"visited_at": instant_text(entity.visited_at), TTL_ATTRIBUTE: int(entity.expires_at.timestamp())}
    return as_item("click", keys.click(program_id, entity.click_id), entity, pend=1, **overdue, **beside)


def visited_again(program_id: str, before: "Click", at: datetime) -> Update:
    """Writes a later visit of a click's visitor; whether the click is counted makes no difference."""
    visited = {"visited_at": instant_text(at)}
    expect = {"visited_at": instant_text(before.visited_at)}
    return Update(keys.click(program_id, before.click_id), visited, expect=expect)


STUB: Final = "stub"
"""The kind of the item at the key of a conversion of which something was told first."""


def stub(
    program_id: str,
    commission_id: str,
    version: int,
    waiting: int,
    state: "StateNews | None" = None,
    subscription: str | None = None,
) -> Item:
    """In the place of a conversion that nobody has reported yet; `waiting`: the refunds that wait for it.

    `subscription`: the one that the order began, as a hash.
    """
    key = keys.commission(program_id, commission_id)
    news = {} if state is None else {"state": body(state)}
    begun = {} if subscription is None else {"subscription": subscription}
    return {**key._asdict(), "kind": STUB, "version": version, "waiting": waiting, **news, **begun}


def stub_state(item: Item | None) -> "StateNews | None":
    """The state that waits in a stub, if there is one."""
    from laurel.domain.tracking.facts import StateNews

    return StateNews.model_validate(item["state"]) if item and "state" in item else None


def stub_subscription(item: Item | None) -> str | None:
    """The subscription that waits in a stub, if there is one."""
    found: str | None = item.get("subscription") if item else None
    return found


def refund(program_id: str, entity: "Refund") -> Item:
    """A refund of an order; listed as long as the order is not known."""
    key = keys.refund(program_id, entity.conversion_id, entity.refund_id)
    sort_key = keys.place(entity.created_at, derived_id("ref", *key))
    listed = {BY_OWNER.pk: indexes.parked_refunds(program_id), BY_OWNER.sk: sort_key} if entity.is_parked else {}
    return as_item("refund", key, entity, **listed)
