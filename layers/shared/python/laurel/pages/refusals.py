"""Refusals as pages say them: the API's words, but for those that name what no page has, such as ids and requests."""

import re
from collections.abc import Mapping
from typing import Final

from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import decimal_text
from laurel.domain.values.money import major_units

SAID: Final[tuple[tuple[str, str], ...]] = (
    (r'a decimal is a string such as "12\.5"', "a number such as 12.5 is needed"),
    (r"the stored version is \d+", "it has changed since you looked: this is how it stands now"),
    (r"this cannot be null", "this is needed"),
    (r"a text of at least 1 characters is needed", "this is needed"),
    (r"a text of at least (\d+) characters is needed", r"at least \1 characters are needed"),
    (r"a text of at most (\d+) characters is needed", r"at most \1 characters fit here"),
    (r"a list of at least 1 is needed", "choose at least one"),
    (r"a list of at most (\d+) is needed", r"at most \1 fit here"),
    (r"an id is needed that begins with mem_", "an id of a member is needed: the end of their page's address"),
    (r"give exactly one of (\w+), (\w+)", r"give one of the two: \1 or \2"),
    (r"active_until must lie after active_from", "the end must lie after the beginning"),
    (r"`to` must not lie before `from`", "the first day lies after the last one"),
    (r"from lies after to", "the first day lies after the last one"),
    (r"joined_to must not lie before joined_from", "the first day lies after the last one"),
    (r"there is nothing to set", "choose what is to change"),
    (
        r"eq and ne need a value, is_set has none",
        "a value to compare with is needed, but none to ask whether there is one",
    ),
    (r"per_click cannot be paid on a promo_code offer", "clicks cannot be paid in an offer with promo codes"),
    (r"(a PNG, JPEG or WebP picture is needed), as it is, as the whole body", r"\1"),
    (r"(the program counts in \w+): give an exchange_rate", r"\1: give the exchange rate"),
    (r"at this rate it is more than \d+ minor units", "at this rate the amount is too large"),
    (r"no commission is of these days; send days on which .*", "nothing was earned on these days: choose others"),
    (
        r"the scope storefront, and no other, needs a storefront_id",
        "choose the storefront for a key of one, and none for any other key",
    ),
    (r"(switch the rule on first): PATCH it with enabled true", r"\1"),
    (r"a leading lt or lte is known (when .*)", r"a first condition of “less than” or “at most” is known \1"),
    (
        r"the action bonus would count in \w+ (.*): use .*",
        r"the bonus would count there \1: let it pay a bonus instead",
    ),
    (r"every needs the operator gte and a value above 0", "“every” goes with “at least” and a value above 0"),
    (r"switch on the feature \w+ first", "switch this on first, under Features in the settings"),
    (r"the program has no merchant_email to send to", "set the address that mails to you go to first: Mail, Sender"),
    (r"the program has no sender_email: .*", "no address is set that mail comes from"),
    (r"set the program's payer, the account that .*", "keep the account that pays first, in the settings"),
    (r"rules mail from this template: .*", "rules mail from this template: let them mail from another one first"),
    (r"(line \d+), member \w+: (.*)", r"\1: \2"),
    (r"(.*): say confirm=true", r"\1: tick the box if you are sure"),
    (r"this job is under way: .*", "this is under way already: wait until it is done"),
    (
        r"this Idempotency-Key was used with another body",
        "this form was sent before with other entries: load the page again to send these",
    ),
)
"""The form of what the API says -> the same for whoever looks at a page."""
_BOUND: Final = re.compile(r"a number (of at least|of at most|above|below) (-?\d+) is needed")


def said(words: str) -> str:
    """The words of the API as pages say them."""
    for form, ours in SAID:
        if re.fullmatch(form, words):
            return re.sub(form, ours, words, count=1)
    return words


def beside(refusal: Invalid, kinds: Mapping[str, str], currency: str) -> dict[str, str]:
    """Path of a field -> the sentence beside it. `kinds`: path -> kind; amounts are told in `currency`'s own units."""
    told = {_path(pointer): message for pointer, message in refusal.errors}
    return {path: _sentence(_amount(message, kinds.get(path, ""), currency)) for path, message in told.items()}


def _amount(message: str, kind: str, currency: str) -> str:
    kind, _, other = kind.partition(".")
    bound = _BOUND.fullmatch(message)
    if kind != "money" or bound is None:
        return said(message)
    return f"an amount {bound[1]} {decimal_text(major_units(int(bound[2]), other or currency))} is needed"


def _path(pointer: str) -> str:
    return ".".join(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}."
