"""Forms with a file: `multipart/form-data`, of which the texts are read as those of any form."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import Final

from laurel.domain.values.errors import Malformed

KIND: Final = "multipart/form-data"
_MOST_PARTS: Final = 100


def read(body: bytes, content_type: str) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """The texts of a form by their names, and its files. Raises Malformed."""
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
