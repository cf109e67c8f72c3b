"""Who clicks: browsers that follow links, storefronts that report visits; most ask again until they are answered."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from laurel.domain.program.programs import ApiKey
from laurel.domain.tracking.clicks import ClickReport, Visit, Visitor
from laurel.domain.tracking.landing_pages import CLICK_PARAMETER
from laurel.domain.values.errors import Refusal
from laurel.store import items, keys
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.tracking import clicks
from laurel.workflows.tracking.clicks import Followed, LinkLookups
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import STOREFRONTS, Tenant, World


@dataclass(frozen=True, slots=True)
class Who:
    """One visitor: told apart by `first` on the local day `since`, by `later` on others."""

    first: str
    later: str = ""
    since: date | None = None

    def on(self, day: date) -> str:
        return self.later if self.since not in {None, day} else self.first


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit that somebody made or reported. `since`: how many commits there were then."""

    program_id: str
    slug: str
    who: Who
    at: datetime
    since: int


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered when there were `until` commits. `unique`: None if it was not told. `is_lost`: perhaps lost."""

    asked: Asked
    click_id: str | None
    unique: bool | None
    reason: str | None
    is_lost: bool
    key: str | None
    until: int


@dataclass
class Browser:
    """A person at some address, whose browser keeps the last cookie that it got."""

    who: Who
    address: str
    cookie: str


class Visitors:
    """All of them, several at a time. `told`: the answers, in order; `asked`: also what was never answered."""

    def __init__(self, world: World, table: WorldTable, scheduler: Scheduler) -> None:
        self.table = table
        self.scheduler = scheduler
        self.asked: list[Asked] = []
        self.told: list[Told] = []
        self.clicks: dict[str, list[str]] = defaultdict(list)  # program -> clicks that their visitors know of
        self.waiting = [request for tenant in world.tenants for request in self._drawn(tenant)]
        self._doors = [LinkLookups(), LinkLookups()]
        scheduler.rng.shuffle(self.waiting)

    def request(self) -> None:
        """The next visits: people come in crowds."""
        for _ in range(min(len(self.waiting), self.scheduler.rng.choice((1, 2, 5)))):
            self.waiting.pop()()

    def _drawn(self, tenant: Tenant) -> list[Callable[[], None]]:
        rng, drawn = self.scheduler.rng, list[Callable[[], None]]()
        addresses = [f"192.0.2.{number}" for number in range(2)]  # some share theirs
        cookies = rng.choices(("", "", "nonsense"), k=3)
        browsers = [Browser(Who(address), address, cookie) for address, cookie in zip(addresses * 2, cookies)]  # noqa: B905
        for number, body in enumerate(tenant.clicks):
            if rng.random() < 0.4:
                browser = rng.choice(browsers)
                drawn += [partial(self._follow, tenant, body["slug"], browser)] * rng.choice((1, 1, 2))
            else:
                shop = rng.choice((STOREFRONTS[0], *STOREFRONTS))  # shops number their visitors alike
                for again in range(rng.choice((1, 1, 2, 3))):
                    key = rng.choice((None, f"click-{number}", f"click-{number}-{again}"))
                    drawn.append(partial(self._report, tenant, shop, body, key if "occurred_at" in body else None))
        return drawn

    def _follow(self, tenant: Tenant, slug: str, browser: Browser) -> None:
        """The public redirect."""
        doors, rng = self.scheduler.rng.choice(self._doors), self.scheduler.rng
        visit = Visit(browser.address, "a browser", browser.cookie, is_human=rng.random() < 0.95)
        asked = self._asks(tenant, slug, browser.who, self.scheduler.now)

        def ended(outcome: Any) -> None:
            if isinstance(outcome, Refusal):
                self._told(asked, None, reason=outcome.code)
                return
            if not isinstance(outcome, Followed):
                if rng.random() < 0.6:
                    self._again(partial(self._follow, tenant, slug, browser))
                return
            if outcome.visitor is not None:
                browser.cookie = outcome.visitor.text
                browser.who = _known_by(outcome.visitor, asked.who)
            if visit.is_human:
                self._told(asked, _click_of(outcome), lost=outcome.lost is not None)

        work = partial(clicks.follow, self.table, doors, slug, visit, self.scheduler.now, rng.randbytes)
        self.scheduler.start("browser", work, ended)

    def _report(self, tenant: Tenant, shop: str, body: dict[str, Any], key: str | None) -> None:
        """A storefront that routes clicks itself; `key`: the Idempotency-Key, of this body only."""
        now = self.scheduler.now
        report = ClickReport.model_validate(body)
        asked = self._asks(tenant, report.slug, Who(f"{shop} {report.visitor_id}"), report.occurred_at or now)

        def ended(outcome: Any) -> None:
            if isinstance(outcome, Refusal):
                self._told(asked, None, reason=outcome.code, key=key)
            elif isinstance(outcome, BaseException):
                self._again(partial(self._report, tenant, shop, body, key))
            else:
                answer, _ = outcome
                self._told(asked, answer.click_id, answer.unique, answer.reason, key=key)

        self.scheduler.start("clicks", lambda: self._reported(tenant, shop, body, key, now), ended)

    def _reported(self, tenant: Tenant, shop: str, body: dict[str, Any], key: str | None, now: datetime) -> Any:
        program_id, program_key = tenant.program_id, keys.program(tenant.program_id)
        found = self.table.batch_get([program_key, *clicks.along(body)])
        api_key = ApiKey(
            key_id=f"key{shop.removeprefix('sf')}",
            program_id=program_id,
            scopes=("storefront",),
            storefront_id=shop,
            created_at=tenant.program.created_at,
            updated_at=tenant.program.created_at,
        )
        answer_key = None if key is None else keys.idempotency(program_id, api_key.key_id, "/v1/clicks", key)
        request = Request(items.parse_program(found[program_key]), api_key, answer_key, repr(body), now)
        return clicks.report(self.table, request, ClickReport.model_validate(body), found)

    def _asks(self, tenant: Tenant, slug: str, who: Who, at: datetime) -> Asked:
        asked = Asked(tenant.program_id, slug, who, at, self.scheduler.commits)
        self.asked.append(asked)
        return asked

    def _told(
        self,
        asked: Asked,
        click_id: str | None,
        unique: bool | None = None,
        reason: str | None = None,
        lost: bool = False,
        key: str | None = None,
    ) -> None:
        self.told.append(Told(asked, click_id, unique, reason, lost, key, self.scheduler.commits))
        if click_id is not None:
            self.clicks[asked.program_id].append(click_id)

    def _again(self, request: Callable[[], None]) -> None:
        self.waiting.insert(self.scheduler.rng.randrange(len(self.waiting) + 1), request)


def _known_by(visitor: Visitor, who: Who) -> Who:
    """From the cookie on: the same as without it on that day, somebody new on the next."""
    return Who(who.first, visitor.later, visitor.since)


def _click_of(followed: Followed) -> str | None:
    named = parse_qs(urlsplit(followed.location).query).get(CLICK_PARAMETER)
    return named[0] if named else None
