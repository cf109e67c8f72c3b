"""Messages for values that do not fit: one table by the kind of error, one by the form of a text.

No words of a library, and no pattern: a message says what to send instead.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

_OTHERWISE: Final = "this value does not fit here"
_MESSAGES: Final = {
    "missing": "this is needed",
    "none_required": "only null fits here",
    "string_type": "a text is needed, in quotes",
    "string_unicode": "a text in UTF-8 is needed",
    "string_too_short": "a text of at least {min_length} characters is needed",
    "string_too_long": "a text of at most {max_length} characters is needed",
    "int_type": "a whole number is needed, without quotes",
    "int_parsing": "a whole number is needed",
    "int_parsing_size": "a smaller number is needed",
    "int_from_float": "a whole number is needed, without a fraction",
    "float_type": "a number is needed",
    "float_parsing": "a number is needed",
    "finite_number": "a finite number is needed",
    "bool_type": "true or false is needed, without quotes",
    "bool_parsing": "true or false is needed",
    "greater_than": "a number above {gt} is needed",
    "greater_than_equal": "a number of at least {ge} is needed",
    "less_than": "a number below {lt} is needed",
    "less_than_equal": "a number of at most {le} is needed",
    "too_short": "a list of at least {min_length} is needed",
    "too_long": "a list of at most {max_length} is needed",
    "list_type": "a list is needed",
    "tuple_type": "a list is needed",
    "set_type": "a list is needed",
    "frozen_set_type": "a list is needed",
    "dict_type": "an object is needed",
    "mapping_type": "an object is needed",
    "invalid_key": "the names in an object are texts",
    "model_type": "an object is needed",
    "model_attributes_type": "an object is needed",
    "date_type": "a day is needed, such as 2026-11-21",
    "date_parsing": "a day is needed, such as 2026-11-21",
    "date_from_datetime_parsing": "a day is needed, such as 2026-11-21",
    "recursion_loop": "this contains itself",
}
"""Kind of an error -> its message, with what the kind tells of itself."""
_FORMS: Final = {
    r"^[\x20-\x7e]+$": "printable ASCII characters are needed",
    r"^[\x21-\x7e]+$": "printable ASCII characters without blanks are needed",
    r"^[A-Za-z][A-Za-z0-9_+/-]*$": "an IANA time zone is needed, such as Europe/Berlin",
    r"^[A-Za-z][A-Za-z0-9_]{0,63}$": "a name of a letter, then up to 63 letters, digits and underscores is needed",
    r"^\S(.*\S)?$": "a text without blanks at either end is needed",
    r"^[^/]+$": "a text without a slash is needed",
    r"^[0-9a-z]+(-[0-9a-z]+)*$": "letters and digits are needed, with single hyphens between them",
    r"^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$": "letters and digits are needed, with single hyphens between them",
    r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$": "the shop's own name at Shopify is needed, such as glow.myshopify.com",
    r"^#[0-9A-Fa-f]{6}$": "a colour is needed, such as #0b6e4f",
    r"^[A-Z]{3}$": "a currency is needed, such as USD",
    r"^[0-9a-z]{26}_[A-Za-z0-9_-]{43}$": "the whole address of a link in a mail is needed",
}
"""Pattern of a text -> the same in words."""
_ID: Final = re.compile(r"\^([a-z]+)_\[[0-9a-z-]+\]\{26\}\$")
_QUOTED: Final = re.compile(r"'([^']*)'")


def message(error: Mapping[str, Any], known: Iterable[str] = ()) -> str:
    """The message for one of pydantic's errors. `known`: the names of fields that there are beside an unknown one."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "extra_forbidden":
            return unknown_name(str(error["loc"][-1]), "field", known)
        case "string_pattern_mismatch":
            return form(context["pattern"])
        case "literal_error" | "enum":
            return f"one of {_listed(context['expected'])} is needed"
        case "union_tag_invalid":
            return f"one of {_listed(context['expected_tags'])} is needed"
        case "union_tag_not_found":
            return "this is needed: it tells which kind is meant"
        case kind:
            return _MESSAGES.get(kind, _OTHERWISE).format_map(context)


def form(pattern: str) -> str:
    """The form of a text in words."""
    if named := _ID.fullmatch(pattern):
        return f"an id is needed that begins with {named[1]}_"
    return _FORMS.get(pattern, _OTHERWISE)


def has_form(pattern: str) -> bool:
    """Whether texts of this pattern can be told what they lack."""
    return form(pattern) != _OTHERWISE


def unknown_name(name: str, what: str, known: Iterable[str], mark: str = "") -> str:
    """Refuses a name and tells the nearest known one, or all. `what`: "field" or "parameter"; `mark`: before a name."""
    names = list(known)
    if nearest := get_close_matches(name.lower(), names, n=1):
        return f"there is no such {what} here; did you mean {mark}{nearest[0]}?"
    return f"there is no such {what} here, only {', '.join(names)}" if names else f"there are no {what}s here"


def _listed(expected: str) -> str:
    """Pydantic's list of quoted values: `'a', 'b' or 'c'`."""
    return ", ".join(_QUOTED.findall(expected)) or expected
