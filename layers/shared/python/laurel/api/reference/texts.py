"""Sentences of the document as HTML: paragraphs, lists of `- ` lines, and `code`."""

import re
from html import escape
from typing import Final

_CODE: Final = re.compile(r"`([^`]+)`")


def inline(text: str) -> str:
    """One run of text."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def blocks(text: str) -> str:
    """Paragraphs and lists."""
    return "".join(_block(part.splitlines()) for part in text.split("\n\n") if part.strip())


def _block(lines: list[str]) -> str:
    if all(line.startswith("- ") for line in lines):
        return f"<ul>{''.join(f'<li>{inline(line[2:])}</li>' for line in lines)}</ul>"
    return f"<p>{inline(' '.join(lines))}</p>"
