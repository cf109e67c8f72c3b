"""Lines of history in words: who, what, before and after."""

from datetime import UTC, datetime

import pytest

from laurel.domain.history import Edit, FieldChange
from laurel.pages.edits import Speaker
from laurel.pages.words import Words

AT = datetime(2026, 11, 26, 9, tzinfo=UTC)
SPEAKER = Speaker(Words("en-GB"), {"rule:rul_1": "Strong week", "key:key_1": "Shop"}, {"opt_1": "Standard"})


def line(actor: str = "system", *changes: FieldChange, **about: object):
    return SPEAKER.lines([Edit(at=AT, actor=actor, action="enrollment_edited", changes=changes, **about)])[0]


@pytest.mark.parametrize(
    ("actor", "who"),
    [
        ("system", "Laurel"),
        ("rule:rul_1", "Rule Strong week"),
        ("rule:rul_000000", "Rule 000000"),
        ("key:key_1", "API key Shop"),
        ("user:usr_1", "a user who is gone"),
    ],
)
def test_whoever_made_a_change_is_named(actor: str, who: str):
    assert line(actor).who == who


def test_a_person_is_called_as_the_history_says():
    assert line("user:usr_1", actor_name="Olga Owner").who == "Olga Owner"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("payout_option_id", "opt_1", "Standard"),
        ("payout_option_id", "opt_2", "an option that was removed"),
        ("terms", {"type": "percent_of_sale", "percent": "12.5"}, "12.5\u00a0% of each sale"),
        ("terms", {"type": "of old"}, "of old"),
        ("active_until", "2026-12-24T17:00:00Z", "24 Dec 2026, 17:00"),
        ("active", True, "yes"),
        ("discount", {"percent": "10"}, "10\u00a0%"),
        ("fields", {"level": "gold"}, "level: gold"),
        ("payout_options", [{"name": "Standard"}, {"name": "Gold"}], "Standard, Gold"),
        ("first_name", "", "\u2013"),
        ("metadata", [1, [2, None]], "1, 2, None"),
    ],
)
def test_each_value_is_said_in_words(field: str, value: object, said: str):
    (change,) = line("system", FieldChange(field=field, before=None, after=value)).changes  # type: ignore[arg-type]
    assert change.after == said


def test_what_was_off_from_the_beginning_is_not_told():
    assert line("system", FieldChange(field="fixed", after=False), FieldChange(field="buckets", after=1)).changes == ()
