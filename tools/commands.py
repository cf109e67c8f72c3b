"""Commands as a person at the terminal meets them: true help, and each failure one line with the exit status 1.

`make` is the one way to call them: it sets up what they need. `OPTIONS=--help` shows what the command behind a target
takes.
"""

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from infra.environments import ENVIRONMENTS
from laurel.domain.values.errors import Refusal
from laurel.store.operations import StoreError
from tools.failure import ToolError
from tools.places import ROOT


class Arguments(argparse.ArgumentParser):
    """The arguments of a command, which is described by the first words of its module."""

    def __init__(self, told: str | None) -> None:
        name = f"python -m tools.{Path(sys.argv[0]).stem}"
        super().__init__(prog=name, description=told, formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Raises ToolError instead of printing the usage over several lines."""
        raise ToolError(f"{message}; --help says what there is")


def operate(task: Callable[[], int]) -> int:
    """The exit status of a task; 1, with the reason on one line, if it cannot be done from here."""
    try:
        return task()
    except NoRegionError:
        reason = "no AWS region is set: AWS_REGION=eu-central-1, or a profile that names one"
    except NoCredentialsError:
        reason = "no AWS credentials were found: AWS_PROFILE=..., or sign in first"
    except FileNotFoundError as missing:
        reason = f"there is no file {missing.filename}"
    except (UnicodeDecodeError, csv.Error) as unreadable:
        reason = f"the file is no table in UTF-8: {unreadable}"
    except (BotoCoreError, ClientError, OSError, Refusal, StoreError) as refused:
        reason = " ".join(str(refused).split())
    except ToolError as ours:
        reason = str(ours)
    print(f"laurel: {reason}", file=sys.stderr)
    return 1


def environment_named(name: str) -> str:
    """The name of an environment. Raises ToolError with those that there are."""
    if name not in ENVIRONMENTS:
        raise ToolError(f"no environment {name!r}: choose one of {', '.join(ENVIRONMENTS)}")
    return name


def function_named(name: str) -> str:
    """The folder of a function. Raises ToolError with those that there are."""
    known = sorted(handler.parent.name for handler in (ROOT / "functions").glob("*/handler.py"))
    if name not in known:
        raise ToolError(f"no function {name!r}: choose one of {', '.join(known)}")
    return name
