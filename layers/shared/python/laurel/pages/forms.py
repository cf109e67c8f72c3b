"""Forms: what one sends as the JSON that the API would take, and what one shows.

A field is named by its path and its kind: `name`, `features.events:flag`, `conditions.0.value:money`, and in another
currency than the program's `amount:money.JPY`. Empty is null in
a patch, which clears, and left out of something new. A refusal's pointers lead back to the fields.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from laurel.domain.values import patches
from laurel.domain.values.errors import Invalid, Refusal, Stale
from laurel.domain.values.model import decimal_text
from laurel.domain.values.money import EXPONENTS, major_units
from laurel.pages import refusals, uploads

VERSION, ONCE, TOKEN = "_version", "_once", "_token"
"""Fields of every form: the version that it shows, its own name, and the proof that it is ours."""
_DEEPEST: Final = 8
_AMOUNT: Final = re.compile(r"(-?)(\d{1,13})(?:[.,](\d{1,4}))?")
_MONEY_OF: Final = "money."
"""The beginning of the kind of an amount in a currency that is named."""
_WHOLE: Final = re.compile(r"-?\d{1,15}")
_LOCAL: Final = re.compile(r"(19[7-9]|2\d\d)\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?", re.ASCII)
PLACE: Final = re.compile(r"[0-9]{1,4}")
"""A place in a list. A stranger's number of thousands of digits is none, and a form as such is no list."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A form as it was sent. `texts`: path -> everything entered there; `kinds`: path -> kind of the field.

    `zone`: the one that dates and times are entered in. `files`: by the names of their fields.
    """

    currency: str
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    files: Mapping[str, bytes] = field(default_factory=dict)

    @staticmethod
    def read(body: bytes, currency: str, zone: str = "UTC", content_type: str = "") -> "Entered":
        """The fields in a body of `application/x-www-form-urlencoded`, or of a form with files. Raises Malformed."""
        pairs, files = uploads.read(body, content_type)
        texts: dict[str, tuple[str, ...]] = {}
        kinds: dict[str, str] = {}
        for name, text in pairs:
            path, _, kind = name.partition(":")
            texts[path] = (*texts.get(path, ()), text.replace("\r\n", "\n"))
            kinds[path] = kind
        return Entered(currency, texts, kinds, zone, files)

    def text(self, path: str) -> str:
        """The last that was entered there; empty if nothing was."""
        return self.texts.get(path, ("",))[-1]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Name and text of everything entered, to be sent once more: all but the fields of every form."""
        named = ((f"{path}:{kind}" if (kind := self.kinds[path]) else path, path) for path in self.texts)
        return [(name, text) for name, path in named if not path.startswith("_") for text in self.texts[path]]

    @property
    def version(self) -> int | None:
        """The version that the form showed."""
        return int(self.text(VERSION)) if _WHOLE.fullmatch(self.text(VERSION)) else None

    @property
    def once(self) -> str:
        """The form's own name: sent twice, it is carried out once."""
        return self.text(ONCE)[:255]

    def new(self) -> dict[str, Any]:
        """Everything that was entered, for something new. Raises Invalid."""
        return self._json(is_patch=False)

    def patch(self) -> dict[str, Any]:
        """Everything as a merge patch: what is empty is to be cleared. Raises Invalid."""
        return self._json(is_patch=True)

    def _json(self, *, is_patch: bool) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for path, texts in self.texts.items():
            if not path.startswith("_"):
                value = self._value(path, texts)
                if value is not None or is_patch:
                    _put(told, path, value)
        return {name: _listed(value) for name, value in told.items()}

    def _value(self, path: str, texts: tuple[str, ...]) -> Any:
        if self.kinds[path] == "instant":
            return _instant(texts[-1].strip(), self.zone, path)
        return _value(self.kinds[path], texts, self.currency, path)


def model(shape: type[BaseModel], entered: Mapping[str, Any]) -> Any:
    """`entered` as one of `shape`, as the API reads a body. Raises Invalid with pointers."""
    try:
        return shape.model_validate(entered)
    except ValidationError as error:
        raise patches.invalid(error.errors(include_url=False, include_input=False), entered, shape) from error


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown. `stored`: path -> value as it is kept; `entered`: what a person had entered, if anything.

    `errors`: path -> sentence beside the field; `trouble`: what is wrong with the whole. `is_stale`: somebody else has
    edited it meanwhile, so both are shown. `told`: paths whose fields have shown what is wrong with them.
    """

    stored: Mapping[str, Any] = field(default_factory=dict)
    entered: Entered | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    version: int | None = None
    is_stale: bool = False
    told: set[str] = field(default_factory=set)

    @staticmethod
    def of(entity: BaseModel | None = None, **beside: Any) -> "Form":
        """The form of something stored, or of something new with the values `beside`."""
        return Form().over(entity, **beside)

    @staticmethod
    def again(entered: Entered, refusal: Refusal) -> "Form":
        """The form that was refused, as it was entered."""
        if not isinstance(refusal, Invalid):
            return Form(entered=entered, trouble=refusals.said(refusal.detail), is_stale=isinstance(refusal, Stale))
        return Form(entered=entered, errors=refusals.beside(refusal, entered.kinds, entered.currency))

    def over(self, entity: BaseModel | None, **beside: Any) -> "Form":
        """The same over what is stored now."""
        whole = {} if entity is None else entity.model_dump(mode="json", exclude_none=True)
        stored = dict(_flat({**whole, **beside}))
        version = getattr(entity, "version", None)
        return Form(stored, self.entered, self.errors, self.trouble, version, self.is_stale)

    def error(self, path: str) -> str:
        """The sentence beside a field, empty for none."""
        self.told.add(path)
        return self.errors.get(path, "")

    @property
    def untold(self) -> list[str]:
        """Sentences on what no field of the page has shown so far."""
        return [sentence for path, sentence in self.errors.items() if path not in self.told]

    def has_errors(self, path: str) -> bool:
        """Whether anything at or below a path was refused."""
        return any(wrong == path or wrong.startswith(f"{path}.") for wrong in self.errors)

    def text(self, path: str, kind: str = "") -> str:
        """The text in a field."""
        if self.entered is not None and path in self.entered.texts:
            return self.entered.text(path)
        return self.kept(path, kind)

    def kept(self, path: str, kind: str = "") -> str:
        """The value as it is stored, as a field shows it."""
        value = self.stored.get(path)
        if isinstance(value, bool):
            return "on" if value else ""
        if kind.startswith(_MONEY_OF) and isinstance(value, int):
            return decimal_text(major_units(value, kind.removeprefix(_MONEY_OF))) if value else "0"
        if kind.startswith("instant.") and isinstance(value, str):
            return _local(value, kind.removeprefix("instant."))
        return "" if value is None else "\n".join(map(str, value)) if isinstance(value, list) else str(value)

    def has(self, path: str, choice: str) -> bool:
        """Whether `choice` is among what a field of many holds."""
        return choice in self.chosen(path)

    def chosen(self, path: str) -> list[str]:
        """All that a field of many holds."""
        if self.entered is not None and path in self.entered.texts:
            return [text for text in self.entered.texts[path] if text]
        value = self.stored.get(path, [])
        return value if isinstance(value, list) else [value]

    def meanwhile(self, path: str, kind: str = "") -> str:
        """The value that somebody else has stored there meanwhile, if this form says something else."""
        return self.kept(path, kind) if self.is_stale and self.kept(path, kind) != self.text(path, kind) else ""


def _value(kind: str, texts: tuple[str, ...], currency: str, path: str) -> Any:
    """The value that the texts of a field mean; None for nothing."""
    text = texts[-1].strip()
    kind, _, other = kind.partition(".")
    match kind:
        case "flag":
            return "on" in texts
        case "many":
            return [text for text in texts if text]
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "number" if text:
            return _number(text, path)
        case "money" if text:
            return minor_units(text, other or currency, path)
        case "decimal":
            return text.replace(",", ".") or None
        case "long":
            return texts[-1] or None
        case _:
            return text or None


def _number(text: str, path: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise Invalid("invalid_request", "a whole number is needed", _pointer(path))
    return int(text)


def _instant(text: str, zone: str, path: str) -> str | None:
    """A date and time in `zone`; of an hour that there is twice the first."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text) if _LOCAL.fullmatch(text) else None
    except ValueError:
        local = None
    if local is None:
        raise Invalid("invalid_request", "a date and time such as 2026-11-26T14:05 is needed", _pointer(path))
    return local.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _local(instant: str, zone: str) -> str:
    """The inverse of `_instant`."""
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")[:23]


def minor_units(text: str, currency: str, path: str) -> int:
    """An amount as people write it, in minor units of `currency`. Raises Invalid that points to `path`."""
    places = EXPONENTS.get(currency, 0)
    named = _AMOUNT.fullmatch(text)
    if named is None or len(named[3] or "") > places:
        example = "12" if places == 0 else f"12.{'5'.ljust(places, '0')}"
        raise Invalid("invalid_request", f"an amount such as {example} is needed", _pointer(path))
    return int(Decimal(f"{named[1]}{named[2]}.{named[3] or 0}").scaleb(places))


def _put(told: dict[str, Any], path: str, value: Any) -> None:
    """Lays a value at its path. What contradicts another field's path is left out: no form of ours says so."""
    *outer, last = path.split(".")[:_DEEPEST]
    for part in outer:
        inner = told.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        told = inner
    told[last] = value


def _listed(value: Any) -> Any:
    """Objects whose names are all numbers are lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(PLACE.fullmatch(name) for name in inner):
        return [inner[name] for name in sorted(inner, key=int) if inner[name] is not None]
    return inner


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    inner: Mapping[Any, Any] = {}
    if isinstance(value, Mapping):
        inner = value
    elif isinstance(value, list):
        inner = dict(enumerate(value))
        yield path, value
    for name, each in inner.items():
        yield from _flat(each, f"{path}.{name}" if path else str(name))
    if not isinstance(value, Mapping | list):
        yield path, value


def _pointer(path: str) -> str:
    return "/" + path.replace(".", "/")
