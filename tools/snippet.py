"""The snippet of today under its own name, beside those of before: pages that name one get it for ever.

python -m tools.snippet
"""

from typing import Final

from laurel.api import snippet
from tools.places import ROOT

SOURCE: Final = ROOT / "functions" / "front" / "laurel.js"
RELEASED: Final = SOURCE.with_name("released")


def main() -> None:
    """Writes it; one that is there already stays as it is."""
    made = snippet.current(SOURCE)
    (RELEASED / made.name).write_text(made.text)
    print(made.name, made.integrity)


if __name__ == "__main__":
    main()
