"""Laurel on this machine: engine, synthesized stacks, one program. For `make run`, tests and bench."""

import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.environments import LOCAL as ENVIRONMENT
from laurel import clock
from laurel.domain.people.people import NewUser
from laurel.domain.program.programs import ProgramSettings
from laurel.pages import doors
from laurel.store.table import Table
from laurel.workflows.people import entrances
from tools import program
from tools.assembly import assembly
from tools.deploy_local import Deployment, api_url, deploy
from tools.engine import SCRATCH, Engine, aws, engine
from tools.failure import Say, silence
from tools.ports import demand_free, free_port

AT_ONCE = f"?{doors.AT_ONCE}=yes"
"""The end of an address on this machine that signs in when it is opened."""
OWNER = NewUser(email="olga@glow.example", name="Olga Owner", role="owner")
PROGRAM = ProgramSettings(name="Glow Cosmetics", currency="USD", timezone="Europe/Berlin")


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed Laurel with one program.

    `api_url`: the base of `/v1/...`; `mailbox_url`: lists the mail that SES took; `endpoint_url`: speaks the AWS APIs.
    `console_url`: signs the program's owner in, once. With the demo alone, `shop_url`: of a shop on this machine, and
    `portal_url`: signs the demo's member in, once.
    """

    api_url: str
    program_id: str
    admin_key: str
    mailbox_url: str
    table_name: str
    endpoint_url: str
    console_url: str | None = None
    portal_url: str | None = None
    shop_url: str | None = None

    @property
    def table(self) -> Table:
        """Its table."""
        return Table(self.table_name, aws("dynamodb", self.endpoint_url))

    def entrance_of(self, member_id: str) -> str:
        """An address that signs a member in, once."""
        path = entrances.entrance(self.table, self.program_id, member_id, clock.now(), secrets.token_bytes)
        return f"{self.api_url}{path}{AT_ONCE}"

    def as_json(self) -> str:
        """The stack as JSON, for tools outside this process."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "endpoint_url"}, indent=2)


@contextlib.contextmanager
def local_stack(port: int | None = None, *, say: Say = silence, log: Path | None = None) -> Iterator[Stack]:
    """Laurel on `port` (any free one by default) inside the block; after it nothing is left.

    Raises ToolError if the port is taken, or a step fails.
    """
    port = free_port() if port is None else port
    demand_free(port)
    with _timed(say, "stacks synthesized"):
        stacks = assembly(ENVIRONMENT.name, say)
    with contextlib.ExitStack() as running:
        with _timed(say, f"engine started on port {port}"):
            started = running.enter_context(engine(port, log or SCRATCH / f"{port}.log"))
        with _timed(say, "stacks deployed, program created"):
            deployed = deploy(stacks, started)
            _verify_sender(started)
            stack = _with_program(started, deployed)
        yield stack


def _with_program(started: Engine, deployed: Deployment) -> Stack:
    table_name = deployed.the("AWS::DynamoDB::Table")
    made = program.create(Table(table_name, aws("dynamodb", started.endpoint_url)), PROGRAM, OWNER)
    return Stack(
        api_url=api_url(started),
        program_id=made.program_id,
        admin_key=made.admin_key,
        mailbox_url=f"{started.endpoint_url}/_ministack/ses/messages",
        table_name=table_name,
        endpoint_url=started.endpoint_url,
        console_url=f"{api_url(started)}{made.entrance}{AT_ONCE}",
    )


def _verify_sender(started: Engine) -> None:
    """Verifies the sender: the engine, like SES, sends only for identities that it knows."""
    domain = ENVIRONMENT.default_sender.partition("@")[2]
    aws("sesv2", started.endpoint_url).create_email_identity(EmailIdentity=domain)


@contextlib.contextmanager
def _timed(say: Say, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  {what:<32} {time.monotonic() - began:5.1f} s")
