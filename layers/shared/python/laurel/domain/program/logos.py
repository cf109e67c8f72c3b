"""A program's logo: a picture of a kind that runs nothing, known by how it begins and named by what is in it."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from laurel.domain.values.errors import Invalid, TooLarge

LARGEST: Final = 200 * 1024
"""The most bytes of a logo."""
_BEGINNINGS: Final[dict[str, Callable[[bytes], bool]]] = {
    "png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture. `kind`: `png`, `jpeg` or `webp`."""

    kind: str
    data: bytes

    @staticmethod
    def read(data: bytes) -> "Logo":
        """The picture in a body. Raises TooLarge `logo_too_large`, Invalid `not_a_picture`."""
        if len(data) > LARGEST:
            raise TooLarge("logo_too_large", f"a logo has at most {LARGEST // 1024} KB")
        kind = next((kind for kind, begins in _BEGINNINGS.items() if begins(data)), None)
        if kind is None:
            raise Invalid("not_a_picture", "a PNG, JPEG or WebP picture is needed, as it is, as the whole body")
        return Logo(kind, data)

    @property
    def media_type(self) -> str:
        """As HTTP calls it."""
        return f"image/{self.kind}"

    @property
    def as_text(self) -> str:
        """Its bytes in base64, as JSON and items can hold them."""
        return base64.b64encode(self.data).decode()

    @property
    def name(self) -> str:
        """The name that only this picture has: `1f2e3d4c5b6a.png`."""
        return f"{hashlib.sha256(self.data).hexdigest()[:12]}.{self.kind}"
