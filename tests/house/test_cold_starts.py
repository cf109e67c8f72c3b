"""A function loads what it answers with: no validator that nothing asked for, no rooms of others."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from tests.house.test_rooms import LAUREL
from tools.places import ROOT


def models(kind: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    """Every model of ours."""
    for model in kind.__subclasses__():
        if model.__module__.startswith("laurel.") and "[" not in model.__name__:
            yield model
        yield from models(model)


def test_no_validator_is_made_before_something_is_validated():
    for path in LAUREL.rglob("*.py"):
        parts = path.relative_to(LAUREL.parent).with_suffix("").parts
        importlib.import_module(".".join(parts).removesuffix(".__init__"))
    assert [model.__name__ for model in models() if not model.model_config.get("defer_build")] == []


@pytest.mark.parametrize(
    ("function", "unneeded"),
    [
        ("payouts", "jinja2 boto3 laurel.pages laurel.console"),
        ("conversions", "jinja2 boto3 laurel.domain.rules.rules laurel.workflows.offers.offers"),
        ("clicks", "boto3 laurel.domain.mail.mails laurel.domain.payouts laurel.domain.rules.rules"),
        ("mail", "boto3 laurel.workflows.kernel.streams aws_lambda_powertools.event_handler"),
        ("console", "boto3 laurel.console.overview laurel.domain.mail.mails laurel.domain.rules.rules"),
    ],
)
def test_a_function_does_not_load_what_others_do(function: str, unneeded: str):
    asked = [sys.executable, "-c", "import handler, sys; print(*sys.modules)"]
    where = os.pathsep.join([str(ROOT / "functions" / function), str(LAUREL.parent)])
    ran = subprocess.run(asked, env={**os.environ, "PYTHONPATH": where}, capture_output=True, text=True, check=True)
    assert {*unneeded.split()} & {*ran.stdout.split()} == set()
