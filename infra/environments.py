"""Environments and their differences: one frozen value each."""

from dataclasses import dataclass
from typing import Final, Literal

Architecture = Literal["arm64", "x86_64"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One deployment of Laurel.

    `retain`: resources with data outlive their stack and refuse deletion. `throttle_rate`: requests a second on each
    route, `throttle_burst` above it; `public_rate`, `public_burst`: on each that strangers call without key or
    signature (docs/decisions/0021-throttles.md). `default_sender`: a verified SES identity, for programs that have no
    sender of their own. `sender_domains`: where those may be that have one, `*` for anywhere; SES has verified each
    domain or its addresses (docs/decisions/0022-senders.md). `allow_loopback`: shops may be on this machine,
    without encryption. `dashboard`: a page of graphs, $3 a month. `bootstrapped`: deployed through the roles of
    `cdk bootstrap`, else with the caller's own credentials.
    """

    name: str
    architecture: Architecture = "arm64"
    retain: bool = False
    point_in_time_recovery: bool = True
    log_retention_days: int = 30
    throttle_rate: int = 100
    throttle_burst: int = 200
    public_rate: int = 50
    public_burst: int = 100
    default_sender: str = "rewards@laurel.example"
    sender_domains: tuple[str, ...] = ("laurel.example",)
    allow_loopback: bool = False
    dashboard: bool = False
    bootstrapped: bool = True

    @property
    def identities(self) -> tuple[str, ...]:
        """The names of the SES identities that mail may be sent by; an address may be one beside its domain."""
        domains = (*self.sender_domains, self.default_sender.partition("@")[2])
        if "*" in domains:
            return ("*",)
        return tuple(name for domain in dict.fromkeys(domains) for name in (domain, f"*@{domain}"))

    def stack_name(self, part: str) -> str:
        """The name of a stack; `part`: "data" or "service"."""
        return f"laurel-{self.name}-{part}"


DEV: Final = Environment(name="dev", log_retention_days=7)
STAGING: Final = Environment(
    name="staging",
    retain=True,
    default_sender="rewards@staging.laurel.example",
    sender_domains=("staging.laurel.example",),
)
PROD: Final = Environment(
    name="prod",
    retain=True,
    log_retention_days=180,
    throttle_rate=2_000,
    throttle_burst=4_000,
    public_rate=1_000,
    public_burst=2_000,
    dashboard=True,
)
# The engine on one machine: it runs functions with that machine's interpreter and processor, and keeps nothing.
LOCAL: Final = Environment(
    name="local",
    architecture="x86_64",
    point_in_time_recovery=False,
    log_retention_days=1,
    sender_domains=("*",),
    allow_loopback=True,
    bootstrapped=False,
)
ENVIRONMENTS: Final = {environment.name: environment for environment in (DEV, STAGING, PROD, LOCAL)}


def environment(name: str) -> Environment:
    """The environment of that name. Raises ValueError naming the choices."""
    if name not in ENVIRONMENTS:
        msg = f"no environment {name!r}: choose one of {', '.join(ENVIRONMENTS)}"
        raise ValueError(msg)
    return ENVIRONMENTS[name]
