"""The names of members as they are looked for: by the beginning of any word, whatever the case and the accents."""

from typing import Final

from laurel.domain.members.members import Member
from laurel.domain.values.folding import folded

_MOST_WORDS: Final = 5
LONGEST: Final = 100
"""The most characters by which a member is found; of a longer name, the first ones."""


def names_of(member: Member) -> list[str]:
    """The texts by whose beginning a member is found: its address, and its whole name from each word on."""
    words = folded(f"{member.first_name} {member.last_name}").split()[:_MOST_WORDS]
    turned = (" ".join((*words[first:], *words[:first])) for first in range(len(words)))
    texts = (text[:LONGEST] for text in (folded(member.email), *turned) if text)
    return list(dict.fromkeys(texts))


def found_first_as(member: Member, beginning: str) -> str | None:
    """Of the names of a member that begin so, the first in the order of a list; None if none does."""
    return min((name for name in names_of(member) if name.startswith(beginning)), default=None)
