"""Mail templates: logic-less, checked when they are saved, safe when they are filled."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from laurel.domain.mail.mails import Mail, template_values
from laurel.domain.mail.templates import VARIABLES, TemplateText, render
from laurel.domain.program.outbound import retry_seconds
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import ANNA, SATURDAY, an_id, member, program, steady

VALUES = {"member.first_name": "Anna", "bonus": "4.20 USD", "value": "210.00 USD", "member.fields.level": "gold"}


def template(**changes: Any) -> TemplateText:
    plain = {"name": "Bonus", "subject": "Well done", "text": "Hello {{ member.first_name }}"}
    return TemplateText.model_validate({**plain, **changes})


def refused(fields: frozenset[str] = frozenset(), **changes: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as refusal:
        template(**changes).require_known_variables(fields)
    return refusal.value.code, refusal.value.pointer


def mail(**changes: Any) -> Mail:
    week = {"period": "current_week:2026-11-16", "period_start": "2026-11-16", "period_end": "2026-11-22"}
    ids = {"mail_id": an_id("mai"), "member_id": ANNA, "rule_id": an_id("rul"), "marker_id": an_id("com")}
    plain = {"rule_name": "Big week", "template_id": an_id("tpl"), "recipient": "member", "value": "210.00 USD"}
    times = {"bonus": 420, "next_attempt_at": SATURDAY, "created_at": SATURDAY, "updated_at": SATURDAY}
    return Mail.model_validate({**week, **ids, **plain, **times, **changes})


def test_variables_are_filled_with_or_without_spaces() -> None:
    made = render(template(text="{{member.first_name}} gets {{  bonus  }} for {{\tvalue }}, {{ value }}"), VALUES)
    assert made.text == "Anna gets 4.20 USD for 210.00 USD, 210.00 USD"


def test_every_documented_variable_and_every_declared_field_can_be_used() -> None:
    text = " ".join(f"{{{{ {name} }}}}" for name in sorted(VARIABLES)) + " {{ member.fields.Level_2 }}"
    template(text=text).require_known_variables(frozenset({"Level_2"}))
    assert len(VARIABLES) == 9


@pytest.mark.parametrize("part", ["subject", "text", "html"])
@pytest.mark.parametrize(
    "written",
    [
        "{{",
        "{{ }}",
        "{{}}",
        "{{ value",
        "{{ value }",
        "{{ value | upper }}",
        "{{ 1 }}",
        "{{{ value }}}",
        "{{{{ value }}}}",
        "{{ value() }}",
        "{{ member['email'] }}",
        "{{ member. }}",
        "{{ .value }}",
        "{{ value }} {{ {{ bonus }}",
        "{{ member.first-name }}",
        "{{ member..email }}",
        "{{# value }}",
        "{{\0}}".replace("\0", "é"),
    ],
)
def test_braces_that_no_variable_closes_are_refused(part: str, written: str) -> None:
    assert refused(**{part: written}) == ("malformed_template", f"/{part}")


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "member",
        "member.id",
        "member.fields",
        "member.fields.size",
        "Value",
        "VALUE",
        "member.Email",
        "program.currency",
        "member.first_name.x",
        "__class__",
        "member.__class__",
    ],
)
def test_unknown_variables_are_refused(name: str) -> None:
    assert refused(frozenset({"level"}), text=f"{{{{ {name} }}}}") == ("unknown_variable", "/text")


def test_other_braces_and_dollars_are_text() -> None:
    plain = "a { b } c } d }} e ${value} $value %(value)s {value} {0} {% value %}"
    harmless = template(text=plain)
    harmless.require_known_variables(frozenset())
    assert render(harmless, VALUES).text == plain


def test_values_are_escaped_in_html_and_nowhere_else() -> None:
    nasty = {"member.first_name": "<script>alert('1')</script> & \"co\""}
    name = "{{ member.first_name }}"
    made = render(template(subject=name, text=name, html=f"<p title='{name}'>{name}</p>"), nasty)
    escaped = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;co&quot;"
    assert made.html == f"<p title='{escaped}'>{escaped}</p>"
    assert made.text == made.subject == nasty["member.first_name"]


def test_a_value_that_looks_like_a_variable_is_not_filled_again() -> None:
    made = render(template(html="{{ member.first_name }}"), {"member.first_name": "{{ bonus }}", "bonus": "1"})
    assert made.text == "Hello {{ bonus }}"
    assert made.html == "{{ bonus }}"


def test_a_field_that_the_member_does_not_have_reads_as_nothing() -> None:
    made = render(template(text="[{{ member.fields.city }}]", html="[{{ member.fields.city }}]"), VALUES)
    assert (made.text, made.html) == ("[]", "[]")


def test_no_html_stays_no_html() -> None:
    assert render(template(), VALUES).html is None


@steady
@given(st.text(max_size=300))
def test_a_subject_is_one_line_of_at_most_200_characters_whatever_is_filled_in(value: str) -> None:
    made = render(template(subject="For {{ member.first_name }}!"), {"member.first_name": value})
    assert not set(made.subject) & set("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
    assert len(made.subject) <= 200
    assert made.subject.startswith("For")


@steady
@given(st.text(max_size=40))
def test_whatever_is_saved_can_be_rendered(text: str) -> None:
    try:
        saved = template(text=f"{{{text}}}", html=text or None)
        saved.require_known_variables(frozenset())
    except (ValidationError, Invalid):
        return
    render(saved, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": ""},
        {"subject": "a\nb"},
        {"subject": "a\rBcc: x"},
        {"subject": "a" * 201},
        {"subject": "a\0"},
        {"text": ""},
        {"text": "a\0"},
        {"text": "a" * 50_001},
        {"html": "a" * 100_001},
        {"html": "\x1b"},
        {"name": ""},
        {"from": "x"},
    ],
)
def test_a_template_that_cannot_be_mailed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        template(**changes)


def test_the_variables_of_a_mail_are_told_for_people() -> None:
    anna = member(first_name="Anna", last_name="Berg", fields={"level": "gold"})
    told = template_values(mail(), program(name="Glow"), anna)
    assert told == {
        "member.first_name": "Anna",
        "member.last_name": "Berg",
        "member.email": "anna@example.com",
        "member.fields.level": "gold",
        "program.name": "Glow",
        "rule.name": "Big week",
        "period.start": "2026-11-16",
        "period.end": "2026-11-22",
        "value": "210.00 USD",
        "bonus": "4.20 USD",
    }


def test_for_all_time_there_is_no_start_and_no_end() -> None:
    told = template_values(mail(period="all_time", period_start=None, period_end=None), program(), member())
    assert (told["period.start"], told["period.end"]) == ("", "")


def test_a_refused_mail_is_tried_again_ever_later_and_at_most_6_hours_later() -> None:
    waits = [retry_seconds(attempts) for attempts in range(1, 20)]
    assert waits[:4] == [60, 120, 240, 480]
    assert waits == sorted(waits)
    assert max(waits) == 6 * 3600
