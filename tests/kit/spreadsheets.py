"""Tables as spreadsheets open them."""

import csv
import io

from laurel.domain.values.spreadsheets import BYTE_ORDER_MARK


def read(text: str) -> list[dict[str, str]]:
    """The rows of a file, by the words of its header."""
    assert text.startswith(BYTE_ORDER_MARK), text[:40]
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), strict=True))
