"""Operators' tools that cannot do what they are asked: one plain line, no traceback, and an exit status."""

import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from tools.deployed import operate
from tools.failure import ToolError
from tools.places import ROOT

WITHOUT_AWS = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))} | {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("tools.program --env dev --name Glow", "no AWS region is set"),
        ("tools.reconcile --env dev", "no AWS region is set"),
        ("tools.redrive --env dev", "no AWS region is set"),
        ("tools.keys --env dev list prg_1", "no AWS region is set"),
        ("tools.keys --env dev list", "name a program: PROGRAM=prg_..."),
        ("tools.senders --env dev prg_1 hello@laurel.example", "no AWS region is set"),
        ("tools.senders --env dev prg_1 hello", "name an e-mail address: ADDRESS=hello@glow.example"),
        ("tools.senders --env dev", "name a program: PROGRAM=prg_..."),
        ("tools.synth --env nope", "no environment 'nope': choose one of dev, staging, prod, local"),
    ],
)
def test_a_tool_says_on_one_line_what_it_lacks(asked: str, told: str):
    done = subprocess.run(
        [sys.executable, "-m", *asked.split()], cwd=ROOT, env=WITHOUT_AWS, capture_output=True, text=True, check=False
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"laurel: {told}")
    assert (done.returncode, done.stdout) == (1, "")


def test_make_names_no_program_and_the_tool_asks_for_one():
    done = subprocess.run(
        [sys.executable, "-m", "tools.keys", "--env", "dev", "list", ""],
        cwd=ROOT,
        env=WITHOUT_AWS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "laurel: name a program: PROGRAM=prg_...\n")


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
