"""Operators' tools that cannot do what they are asked: one plain line, no traceback, and an exit status."""

import os
import subprocess
import sys
from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.stub import Stubber

from tools import (
    deploy,
    import_orders,
    invoke,
    keys,
    layer,
    logs,
    mutants,
    openapi,
    program,
    reconcile,
    redrive,
    run,
    senders,
    synth,
)
from tools.commands import operate
from tools.deployed import Deployed
from tools.failure import ToolError
from tools.places import ROOT

WITHOUT_AWS = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))} | {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def ran(asked: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *asked.split()], cwd=ROOT, env=WITHOUT_AWS, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("tools.redrive --env dev", "no AWS region is set"),
        ("tools.reconcile --env nope", "no environment 'nope': choose one of dev, staging, prod, local"),
        ("tools.synth --env nope", "no environment 'nope': choose one of dev, staging, prod, local"),
        ("tools.deploy --env local", "local is no environment of AWS: choose one of dev, prod, staging"),
        ("tools.program --env dev", "the following arguments are required: --name"),
    ],
)
def test_a_tool_says_on_one_line_what_it_lacks(asked: str, told: str):
    done = ran(asked)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"laurel: {told}")
    assert (done.returncode, done.stdout) == (1, "")


Main = Callable[[], int]


@pytest.mark.parametrize(
    ("main", "asked", "told"),
    [
        (keys.main, "list", "no AWS region is set"),
        (keys.main, "list prg_1", "no AWS region is set"),
        (keys.main, "issue", "name a program: PROGRAM=prg_..."),
        (keys.main, "revoke", "name a program: PROGRAM=prg_..."),
        (keys.main, "lose prg_1", "argument task: invalid choice: 'lose'"),
        (program.main, "--name Glow", "no AWS region is set"),
        (program.main, "--name Glow --currency EURO", "currency: "),
        (program.main, "--name Glow --timezone Mars", "timezone: "),
        (senders.main, "prg_1 hello@laurel.example", "no AWS region is set"),
        (senders.main, "prg_1 hello", "name an e-mail address: ADDRESS=hello@glow.example"),
        (senders.main, "", "name a program: PROGRAM=prg_..."),
        (logs.main, "nope", "no function 'nope': choose one of agents, bounces, "),
        (invoke.main, "nope record", "no function 'nope': choose one of "),
        (invoke.main, "conversions nope", "no events/conversions/nope.json; there are: "),
        (invoke.main, "", "the following arguments are required: function, event"),
        (import_orders.main, "nope.csv", "there is no file nope.csv"),
        (import_orders.main, "docs/shops.md", "docs/shops.md has no column "),
        (import_orders.main, "tests/browser/assets", "[Errno 21] Is a directory"),
        (import_orders.main, "", "the following arguments are required: file"),
    ],
)
def test_what_is_missing_or_misspelt_is_one_line(
    main: Main, asked: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in WITHOUT_AWS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setattr(sys, "argv", ["x.py", *asked.split()])
    assert main() == 1
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert (line.startswith(f"laurel: {told}"), printed.out) == (True, ""), line


@pytest.mark.parametrize(
    "main",
    [
        *(keys.main, program.main, senders.main, logs.main, invoke.main, import_orders.main, reconcile.main),
        *(redrive.main, deploy.main, run.main, openapi.main, synth.main, layer.main, mutants.main),
    ],
    ids=lambda main: main.__module__,
)
def test_help_says_what_a_tool_does_and_takes(
    main: Main, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", [f"{main.__module__.replace('.', '/')}.py", "--help"])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert told.startswith(f"usage: python -m {main.__module__} ")
    assert (sys.modules[main.__module__].__doc__ or "-").splitlines()[0] in told


def test_a_stack_that_is_not_there_is_told_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch):
    formation = boto3.client("cloudformation", "eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    answers = Stubber(formation)
    answers.add_client_error("describe_stacks", "ValidationError", "Stack with id laurel-dev-data does not exist")
    answers.activate()
    monkeypatch.setattr(boto3, "client", lambda _: formation)
    with pytest.raises(ToolError, match="there is no stack laurel-dev-data in eu-central-1: make deploy ENV=dev"):
        Deployed("dev").table()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (NoCredentialsError(), "no AWS credentials were found"),
        (
            ClientError({"Error": {"Code": "ValidationError", "Message": "no such\nstack"}}, "DescribeStacks"),
            "no such stack",
        ),
        (ToolError("nothing runs here"), "nothing runs here"),
    ],
)
def test_what_aws_or_the_environment_refuses_is_one_line(
    reason: Exception, told: str, capsys: pytest.CaptureFixture[str]
):
    def task() -> int:
        raise reason

    assert operate(task) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_mistake_of_the_tool_itself_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        operate(lambda: 1 // 0)
