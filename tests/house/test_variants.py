"""A class that is added to a closed union and nowhere else is refused by the types, which name what is missing."""

import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAUREL = ROOT / "layers/shared/python/laurel"
CHECKED = ("domain/rules", "domain/kernel", "domain/offers", "domain/payouts", "store/outbox.py")
UNMATCHED = 'expected "Never"'
MISSES = 'has no attribute "{}"'


@dataclass(frozen=True)
class Plant:
    """A class that does nothing, put before the union of `file` that begins with `union`, and into it after `last`."""

    name: str
    file: str
    source: str
    union: str
    last: str
    refused: tuple[tuple[str, str], ...]

    def in_text(self, text: str) -> str:
        assert text.count(self.union) == 1, self.union
        head, tail = text.split(self.union)
        assert self.last in tail, self.last
        return f"{head}{self.source}\n\n{self.union}{tail.replace(self.last, f'{self.last} | {self.name}', 1)}"


PLANTS = (
    Plant(
        "PlantedCondition",
        "domain/rules/conditions.py",
        'class PlantedCondition(Scoped):\n    metric: Literal["planted"]\n'
        '    operator: Literal["eq"]\n    value: int\n',
        "Condition: TypeAlias = ",
        "GroupCondition",
        (
            ("domain/rules/compiled.py", MISSES.format("reading")),
            ("domain/rules/compiled.py", MISSES.format("unit")),
            ("domain/rules/compiled.py", MISSES.format("comparisons")),
            ("domain/rules/rules.py", MISSES.format("is_undone_by_more")),
        ),
    ),
    Plant(
        "PlantedAction",
        "domain/rules/actions.py",
        'class PlantedAction(_Action):\n    type: Literal["planted"]\n',
        "PlainAction: TypeAlias = ",
        "SendMail",
        (("domain/rules/rules.py", MISSES.format("effect")),),
    ),
    Plant(
        "PlantedEffect",
        "domain/rules/actions.py",
        "class PlantedEffect:\n    needs_marker: ClassVar[bool] = False\n    items: ClassVar[int] = 0\n",
        "Effect: TypeAlias = ",
        "Send",
        (
            ("domain/kernel/passes.py", UNMATCHED),
            ("domain/kernel/firings.py", UNMATCHED),
        ),
    ),
    Plant(
        "PlantedMessage",
        "domain/mail/mails.py",
        "class PlantedMessage(Outgoing):\n    pass\n",
        "Message: TypeAlias = ",
        "Mail",
        (("store/outbox.py", UNMATCHED),),
    ),
    Plant(
        "PlantedPayee",
        "domain/payouts/payees.py",
        'class PlantedPayee(Frozen):\n    method: Literal["planted"]\n',
        "Payee: TypeAlias = ",
        'Annotated[OtherWay, Tag("<other>")]',
        (("domain/payouts/rails/people.py", UNMATCHED),),
    ),
    Plant(
        "PlantedTerms",
        "domain/offers/terms.py",
        'class PlantedTerms(_Terms):\n    type: Literal["planted"]\n',
        "PayoutTerms: TypeAlias = ",
        "NoPayout",
        (("domain/offers/terms.py", MISSES.format("on_sale")),),
    ),
    Plant(
        "PlantedPeriod",
        "domain/values/periods.py",
        'class PlantedPeriod(Frozen):\n    type: Literal["planted"] = "planted"\n',
        "Period: TypeAlias = ",
        "AllUnpaid",
        (("domain/rules/compiled.py", MISSES.format("range")),),
    ),
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the type checker says when each of the classes is planted, all at once."""
    folder, texts = tmp_path_factory.mktemp("planted"), defaultdict[str, str](str)
    for plant in PLANTS:
        texts[plant.file] = plant.in_text(texts[plant.file] or (LAUREL / plant.file).read_text())
    shadows = []
    for number, (file, text) in enumerate(texts.items()):
        shadow = folder / f"{number}.py"
        shadow.write_text(text)
        shadows += ["--shadow-file", str(LAUREL / file), str(shadow)]
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache/planted"), *shadows]
    checked = [str(LAUREL / each) for each in CHECKED]
    done = subprocess.run([*command, *checked], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "file", "why"), [(plant.name, file, why) for plant in PLANTS for file, why in plant.refused]
)
def test_a_class_in_a_union_and_nowhere_else_is_refused(said: list[str], name: str, file: str, why: str) -> None:
    assert [line for line in said if f'"{name}"' in line and file in line and why in line], "\n".join(said)


def test_nothing_but_what_was_planted_is_refused(said: list[str]) -> None:
    errors = [line for line in said if ": error:" in line]
    assert errors
    assert not [line for line in errors if "Planted" not in line]
