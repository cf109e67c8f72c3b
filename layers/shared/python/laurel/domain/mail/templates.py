"""Mail templates: logic-less text with `{{ member.first_name }}` style variables, checked when they are saved."""

import html
import string
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import TemplateId
from laurel.domain.values.model import Frozen, Instant, Label, Line, Text

VARIABLES: Final = frozenset(
    {"member.first_name", "member.last_name", "member.email", "program.name", "rule.name"}
    | {"period.start", "period.end", "value", "bonus"}
)
FIELD_PREFIX: Final = "member.fields."


class _Placeholders(string.Template):
    """`{{ dotted.name }}`; every other `{{` is an error, so that a typo is refused instead of sent."""

    delimiter = "{{"
    pattern = r"""
        \{\{\s*(?P<named>[a-z_]+(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*\}\} |
        (?P<braced>(?!)) | (?P<escaped>(?!)) | (?P<invalid>\{\{)
    """  # type: ignore[assignment] # typeshed knows only the compiled pattern that the class body is turned into


class TemplateParts(Frozen):
    """The text of a mail, with variables."""

    subject: Annotated[Line, Field(min_length=1)]
    text: Annotated[Text, Field(min_length=1, max_length=50_000)]
    html: Annotated[Text, Field(max_length=100_000)] | None = None

    @property
    def field_names(self) -> frozenset[str]:
        """The user fields that the mail names."""
        names = (name for text in self._texts.values() for name in _Placeholders(text).get_identifiers())
        return frozenset(name.removeprefix(FIELD_PREFIX) for name in names if name.startswith(FIELD_PREFIX))

    @property
    def _texts(self) -> dict[str, str]:
        return {"subject": self.subject, "text": self.text, "html": self.html or ""}

    def require_known_variables(self, field_names: frozenset[str], at: str = "") -> None:
        """Raises Invalid `unknown_variable` for a variable or brace that no mail could fill. `at`: pointer to it."""
        known = VARIABLES | {FIELD_PREFIX + name for name in field_names}
        for part, text in self._texts.items():
            template = _Placeholders(text)
            if not template.is_valid():
                raise Invalid("malformed_template", "a {{ is not followed by a variable and }}", f"{at}/{part}")
            for name in template.get_identifiers():
                if name not in known:
                    raise Invalid("unknown_variable", f"there is no variable {name!r}", f"{at}/{part}")


class TemplateText(TemplateParts):
    """The parts of a mail template that a merchant writes."""

    name: Label


class Template(TemplateText):
    """A mail template with identity."""

    template_id: TemplateId
    created_at: Instant
    updated_at: Instant
    version: int = 1


class Rendered(Frozen):
    """A mail as it is sent."""

    subject: str
    text: str
    html: str | None = None


class _EmptyWhenUnset(dict[str, str]):
    """The values of a mail; a field that the member does not have is an empty text, not an error at sending time."""

    def __missing__(self, name: str) -> str:
        return ""


def render(template: TemplateText, values: Mapping[str, str]) -> Rendered:
    """The mail with `values` filled in; escaped in the HTML part, on one line in the subject."""
    plain = _EmptyWhenUnset(values)
    escaped = _EmptyWhenUnset({name: html.escape(value) for name, value in values.items()})
    return Rendered(
        subject=" ".join(_Placeholders(template.subject).substitute(plain).split())[:200] or template.name,
        text=_Placeholders(template.text).substitute(plain),
        html=None if template.html is None else _Placeholders(template.html).substitute(escaped),
    )
