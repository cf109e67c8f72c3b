"""The cost of pages: waits for the table, units, bytes that a browser loads, and time; flat over a program's history.

A new page is one line in PAGES.
"""

import base64
import gzip
import importlib
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

from laurel import clock
from laurel.domain.people.people import NewUser
from laurel.store import people
from laurel.workflows.ledger.summaries import MOST_MEMBER_DAYS
from laurel.workflows.people import sessions, users
from tools.bench import history, reports, samples
from tools.bench.gateway import Request
from tools.bench.meter import Bill, rounds
from tools.bench.report import Row, Table, Target
from tools.bench.world import Lab, World, world
from tools.failure import Say, ToolError

HISTORIES: Final = (100, 10_000)
MOST_ROUNDS: Final = 1 + 3
"""Whoever is signed in is read first; then the page may wait three times."""
MOST_SECONDS: Final = 29
"""The time that the function of the console has."""
MOST_FIRST: Final = 120_000
MOST_AFTER: Final = 30_000
"""Bytes, compressed: with style and scripts on the first visit, and of the page alone after it."""
_DAYS: Final = 60
_TIMES: Final = 3
_ASSET: Final = re.compile(r'(?:href|src)="[^"]*?(/assets/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """A page. `path`: below its site; `<order>` stands for the id of an order, `<member>` for its member's."""

    name: str
    site: Literal["console", "portal"]
    path: str = ""


PAGES: Final = (
    Page("Overview", "console"),
    Page("Conversions", "console", "/conversions"),
    Page("one conversion", "console", "/conversions/<order>"),
    Page("Members", "console", "/members"),
    Page("one member", "console", "/members/<member>"),
    Page("Offers", "console", "/offers"),
    Page("Users", "console", "/settings/users"),
    Page("Overview", "portal"),
    Page("Links and codes", "portal", "/links"),
    Page("Earnings", "portal", "/earnings"),
    Page("Payouts", "portal", "/payouts"),
    Page("Profile", "portal", "/profile"),
)


def table(lab: Lab, histories: Sequence[int], say: Say) -> Table:
    """Every page over programs with so many earlier conversions."""
    stages = []
    for count in histories:
        say(f"  pages over {count:,} conversions")
        stages.append((count, _staged(lab, count)))
    notes = [
        f"Sales of a member over the last {_DAYS} days. Trips that are under way side by side are one round.",
        "The first round finds whoever is signed in.",
        "first, after: KB compressed, with all that a page loads, and without what the browser keeps.",
        f"ms: best of {_TIMES}, with the local engine, which is slower at long lists than DynamoDB.",
    ]
    rows = [_row(stage, page, count) for page in PAGES for count, stage in stages]
    return Table("Pages", [*rows, _fullest_overview(stages[0][1])], notes)


@dataclass(frozen=True, slots=True)
class _Stage:
    """A program with its people signed in. `cookies`: by site; `named`: the ids that paths name."""

    shop: World
    cookies: Mapping[str, str]
    named: Mapping[str, str]

    @property
    def lab(self) -> Lab:
        """The table that it is in."""
        return self.shop.lab

    def request(self, page: Page) -> Request:
        """The request of a browser that reads gzip."""
        path = page.path
        for name, known in self.named.items():
            path = path.replace(name, known)
        base = "/console" if page.site == "console" else f"/portal/{self.shop.program_id}"
        headers = {"accept-encoding": "gzip", "accept": "text/html", "cookie": self.cookies[page.site]}
        return Request(page.site, "GET", base + path, headers=headers)


def _staged(lab: Lab, count: int) -> _Stage:
    shop, now = world(lab, samples.template()), clock.now()
    seller = shop.seller()
    history.load(shop, seller, count, _DAYS, now=now)
    (order,) = shop.record([shop.shop.sale(seller, now)])
    user = users.named(NewUser(email="olga@glow.example", name="Olga Owner", role="owner"), now, os.urandom)
    lab.load([people.user(shop.program_id, user)])
    cookies = {
        "console": f"laurel_console={_session(shop, user.user_id)}",
        "portal": f"laurel_portal={_session(shop, seller.member_id)}",
    }
    named = {"<order>": order["pk"].partition("#")[2], "<member>": seller.member_id}
    return _Stage(shop, cookies, named)


def _session(shop: World, person_id: str) -> str:
    session, put = sessions.begun(shop.shop.program, person_id, clock.now(), os.urandom)
    shop.lab.load([put.item])
    return session.text


def _row(stage: _Stage, page: Page, count: int) -> Row:
    request = stage.request(page)
    answer, bill = _asked(stage.lab, request)
    after = _bytes(answer)
    first = after + sum(_bytes(_asked(stage.lab, _of_asset(path))[0]) for path in _loaded(answer))
    waits = _waits(stage.lab, request)
    cells = {
        "rounds": waits,
        "trips": bill.cost.trips,
        "RRU": bill.cost.rru,
        "first KB": first / 1000,
        "after KB": after / 1000,
        "ms": min(_milliseconds(stage.lab, request) for _ in range(_TIMES)),
    }
    fits = waits <= MOST_ROUNDS and first <= MOST_FIRST and after <= MOST_AFTER
    target = Target(f"<= {MOST_ROUNDS} rounds, {MOST_FIRST // 1000} KB, {MOST_AFTER // 1000} KB", fits)
    return Row(f"{page.site}: {page.name}, {count:,} earlier", cells, target)


def _fullest_overview(stage: _Stage) -> Row:
    """The overview over as many member-days as it bears, of an offer of its own, beside as many days before."""
    offer_id, today = samples.new_id("off"), samples.TODAY
    stage.lab.load(reports.member_days(stage.shop, offer_id, MOST_MEMBER_DAYS))
    days = {"from": str(today - timedelta(days=reports.DAYS_EACH - 1)), "to": str(today), "offer_id": offer_id}
    request = replace(stage.request(PAGES[0]), query=days)
    answer, bill = _asked(stage.lab, request)
    took = min(_milliseconds(stage.lab, request) for _ in range(_TIMES))
    cells = {"rounds": _waits(stage.lab, request), "trips": bill.cost.trips, "RRU": bill.cost.rru}
    size = _bytes(answer)
    target = Target(f"< {MOST_SECONDS} s, {MOST_AFTER // 1000} KB", took < MOST_SECONDS * 1000 and size <= MOST_AFTER)
    sizes = {"after KB": size / 1000, "ms": took}
    return Row(f"console: Overview, {MOST_MEMBER_DAYS:,} member-days", {**cells, **sizes}, target)


def _waits(lab: Lab, request: Request) -> int:
    """The rounds in which a page waits for the table."""
    with lab.meter.timed() as spans:
        _asked(lab, request)
        return rounds(spans)


def _milliseconds(lab: Lab, request: Request) -> float:
    with lab.meter.paused():
        began = time.perf_counter()
        _asked(lab, request)
        return (time.perf_counter() - began) * 1000


def _asked(lab: Lab, request: Request) -> tuple[Mapping[str, Any], Bill]:
    """The answer to a browser with its bill. Raises ToolError unless it is a page."""
    handler = importlib.import_module(f"{request.function}.handler").handler
    with lab.meter.measure() as bill:
        answer: Mapping[str, Any] = handler(request.event, None)
    if answer["statusCode"] != 200:
        raise ToolError(f"{request.path} answered {answer['statusCode']}")
    return answer, bill


def _sent(answer: Mapping[str, Any]) -> bytes:
    body: str = answer["body"]
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


def _bytes(answer: Mapping[str, Any]) -> int:
    return len(_sent(answer))


def _loaded(answer: Mapping[str, Any]) -> Iterator[str]:
    """The style and scripts that a page names, each once."""
    sent = _sent(answer)
    text = (gzip.decompress(sent) if answer["headers"].get("Content-Encoding") == "gzip" else sent).decode()
    yield from dict.fromkeys(_ASSET.findall(text))


def _of_asset(path: str) -> Request:
    return Request("front", "GET", path, headers={"accept-encoding": "gzip"})
