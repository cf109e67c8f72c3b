"""Lists of this section's pages as files for spreadsheets: the same rows, with ids beside names."""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from pydantic import BaseModel

from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers, terms
from laurel.pages.answers import Answer
from laurel.pages.words import Words
from laurel.workflows.members.enrolled import Enrolled
from laurel.workflows.requests.listing import Page

Row = TypeVar("Row", bound=BaseModel)
_AT_ONCE: Final = 500
"""Rows that are read at a time: beside each, further items are read."""
_PERSON: Final = ("Member id", "Member", "E-mail", "Status")


def file(layout: Layout[Row], read: Callable[[int, str | None], Page[Row]], cursor: str | None) -> Answer:
    """A list from `cursor` on as a file, with as many rows as one answer carries."""
    return answers.sheet(layout, lambda limit, after: read(min(limit, _AT_ONCE), after), cursor)


def members(program: Program) -> Layout[Member]:
    """Members with the program's user fields."""
    labels = tuple(f"Field {field.name}" for field in program.user_fields)
    columns = (*_PERSON, "Joined on", "Approved on", "Brought by id", *labels)
    return Layout("members", columns, partial(_member, program=program))


def offers(words: Words) -> Layout[Offer]:
    """Offers with what their default option pays, in words."""
    columns = ("Offer id", "Offer", "Kind", "Status", "Members earn", "Payout options", "Runs from", "Runs until")
    return Layout("offers", columns, partial(_offer, words=words))


def enrolled(offer: Offer, words: Words) -> Layout[Enrolled]:
    """Members in an offer, each with what they earn in words."""
    columns = (*_PERSON, "Payout option", "Earns", "Own terms", "Code", "Link name", "Switched on", "Runs from")
    return Layout(
        "members-of-offer", (*columns, "Runs until", "Joined on"), partial(_enrolled, offer=offer, words=words)
    )


def _person(member: Member) -> Cells:
    return {
        "Member id": member.member_id,
        "Member": member.full_name,
        "E-mail": member.email,
        "Status": "erased" if member.erased_at else member.status,
    }


def _member(member: Member, program: Program) -> Cells:
    day = program.calendar.day_of
    return {
        **_person(member),
        "Joined on": day(member.created_at).isoformat(),
        "Approved on": day(member.approved_at).isoformat() if member.approved_at else None,
        "Brought by id": member.original_referrer_id,
        **{f"Field {field.name}": member.fields.get(field.name) for field in program.user_fields},
    }


def _offer(offer: Offer, words: Words) -> Cells:
    return {
        "Offer id": offer.offer_id,
        "Offer": offer.name,
        "Kind": offer.kind,
        "Status": offer.status,
        "Members earn": terms.told(offer.chosen(None).terms, words),
        "Payout options": ", ".join(option.name for option in offer.payout_options),
        "Runs from": words.instant(offer.active_from) if offer.active_from else None,
        "Runs until": words.instant(offer.active_until) if offer.active_until else None,
    }


def _enrolled(each: Enrolled, offer: Offer, words: Words) -> Cells:
    enrollment = each.enrollment
    return {
        **_person(each.member),
        "Payout option": offer.option(enrollment.payout_option_id).name,
        "Earns": terms.told(enrollment.terms_in(offer), words),
        "Own terms": "yes" if enrollment.terms else "no",
        "Code": enrollment.promo_code,
        "Link name": enrollment.slug,
        "Switched on": "yes" if enrollment.active else "no",
        "Runs from": words.instant(enrollment.active_from) if enrollment.active_from else None,
        "Runs until": words.instant(enrollment.active_until) if enrollment.active_until else None,
        "Joined on": words.day(enrollment.created_at),
    }
