"""Bodies of forms, with and without files: names with what was entered, in the order of the fields."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import Final
from urllib.parse import parse_qsl

from laurel.domain.values.errors import Malformed

_WITH_FILES: Final = "multipart/form-data"
_MOST_FIELDS: Final = 2_000
_MOST_PARTS: Final = 100


def read(body: bytes, content_type: str) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """The texts of a form with their names, and its files by theirs. Raises Malformed."""
    if not content_type.startswith(_WITH_FILES):
        return _texts(body), {}
    texts: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    for name, part in _named(body, content_type):
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        if part.get_filename() is not None:
            files[name] = data
            continue
        try:
            texts.append((name, data.decode()))
        except ValueError as error:
            raise _malformed() from error
    return texts, files


def _texts(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise _malformed() from error


def _named(body: bytes, content_type: str) -> Iterator[tuple[str, Message]]:
    whole = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
    parts = whole.get_payload()
    if not isinstance(parts, list) or len(parts) > _MOST_PARTS:
        raise _malformed()
    for part in parts:
        name = part.get_param("name", header="content-disposition") if isinstance(part, Message) else None
        if isinstance(part, Message) and isinstance(name, str):
            yield name, part


def _malformed() -> Malformed:
    return Malformed("malformed_form", "this is not what a form of ours sends")
