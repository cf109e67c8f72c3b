"""Programs: the settings of a tenant, and which of them are frozen once a commission exists."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from laurel.domain.members.members import with_fields
from laurel.domain.program.programs import ProgramSettings
from laurel.domain.values.errors import Conflict, Invalid
from tests.unit.kit.builders import at, member, program


def test_a_new_program_has_the_documented_defaults() -> None:
    new = ProgramSettings()
    assert (new.currency, new.timezone, new.approval.mode, new.bonus_status) == ("USD", "UTC", "immediate", "approved")
    assert new.attribution.order == ("member", "customer", "promo_code", "click")
    assert new.attribution.window_days == 30
    features = new.features
    switches = (features.commission_groups, features.action_commissions, features.forced_matrix.active)
    assert switches == (False, False, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"currency": "EURO"},
        {"timezone": "Mars/Base"},
        {"timezone": ""},
        {"merchant_email": "shop"},
        {"sender_email": "a@b@c"},
        {"bonus_status": "paid"},
        {"attribution": {"order": []}},
        {"attribution": {"order": ["click", "click"]}},
        {"attribution": {"order": ["karma"]}},
        {"attribution": {"window_days": 0}},
        {"features": {"forced_matrix": {"active": True, "width": 0}}},
        {"features": {"teleport": True}},
        {"user_fields": [{"name": "a", "label": "A"}, {"name": "a", "label": "B"}]},
        {"user_fields": [{"name": "1a", "label": "A"}]},
        {"user_fields": [{"name": "a b", "label": "A"}]},
        {"user_fields": [{"name": "a" * 65, "label": "A"}]},
        {"user_fields": [{"name": f"f{n}", "label": "A"} for n in range(51)]},
        {"in_use": True},
    ],
)
def test_settings_that_mean_nothing_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProgramSettings.model_validate(changes)


@pytest.mark.parametrize("frozen", [{"currency": "EUR"}, {"timezone": "Europe/Oslo"}])
def test_currency_and_zone_are_frozen_once_a_commission_exists(frozen: dict[str, Any]) -> None:
    with pytest.raises(Conflict, match="program_in_use"):
        program(in_use=True).changed(ProgramSettings(**frozen))
    assert program().changed(ProgramSettings(**frozen)) == program(**frozen, name="My program", user_fields=())


def test_everything_else_can_be_changed_for_ever() -> None:
    changed = program(in_use=True).changed(ProgramSettings(name="Glow", merchant_email="shop@example.com"))
    assert (changed.name, changed.merchant_email, changed.in_use) == ("Glow", "shop@example.com", True)
    assert changed.program_id == program().program_id


def test_a_program_that_moved_has_the_days_of_its_new_zone() -> None:
    before = program()
    midnight = at("2026-11-21 00:00")
    assert before.calendar.day_of(midnight) == date(2026, 11, 21)
    after = before.changed(ProgramSettings(timezone="America/New_York"))
    assert after.calendar.day_of(midnight) == date(2026, 11, 20)


def test_only_declared_fields_may_be_named() -> None:
    program().require_fields(frozenset({"level", "city"}), "/fields")
    with pytest.raises(Invalid) as refused:
        program().require_fields(frozenset({"level", "size"}), "/fields")
    assert (refused.value.code, refused.value.pointer) == ("unknown_user_field", "/fields")


def test_an_empty_value_clears_a_members_field() -> None:
    fields = {"level": "gold", "city": "Oslo"}
    assert with_fields(fields, {"level": "", "size": "XL", "age": ""}) == {"city": "Oslo", "size": "XL"}
    assert fields == {"level": "gold", "city": "Oslo"}


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "anna"},
        {"email": None},
        {"status": "declined"},
        {"first_name": "a\nb"},
        {"fields": {"": "x"}},
        {"fields": {"level": 1}},
        {"fields": {"level": "a\0"}},
        {"fields": {f"f{n}": "x" for n in range(51)}},
        {"parent_id": "mem_1"},
        {"points": 3},
    ],
)
def test_a_member_that_means_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        member(**changes)
