"""Plans: what a tool that writes would change, kept under a hash, and carried out once if nothing has moved."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any, Final

from laurel import clock
from laurel.api.agents import fits
from laurel.api.agents.requests import Answer, Api, Request, request, segment
from laurel.api.agents.tools import Tool
from laurel.concurrency import side_by_side
from laurel.domain.values import json_text
from laurel.domain.values.errors import Absent, Conflict, Invalid
from laurel.store.table import table
from laurel.workflows.requests import planned as kept
from laurel.workflows.requests.access import Caller
from laurel.workflows.requests.planned import KEPT_FOR, Planned

MOST_PLACES: Final = 50
"""The most things that a plan may rest on; each is read before it, and before it is carried out."""
LOOKING_SECONDS, WRITING_SECONDS = 9.0, 15.0
"""Both fit the function's time, one after the other."""
_SHOWN: Final = 200
Json = dict[str, Any]
Tools = Mapping[str, Tool]


class Refusal(Exception):
    """The API's own refusal, which the agent gets as it is."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


def plan(known: Tools, tool: Tool, arguments: Json, who: Caller, api: Api) -> Json:
    """Keeps the plan of a call: `{plan, hash, expires_at}`, nothing changed. Raises Refusal, Invalid, Absent."""
    wanted, now = request(tool, arguments), clock.now()
    fits.require(tool.document, tool.inputs.body, wanted.body or {})
    target = _target(known, tool, arguments)
    places = _places(known, who, arguments, target)
    seen = _seen(api, places)
    _require_there(wanted, target, seen)
    before = seen.get(target or "", Answer(404, None))
    made = Planned(
        program_id=who.program.program_id,
        key_id=who.key.key_id,
        operation=tool.name,
        method=wanted.method,
        path=wanted.path,
        body=None if wanted.body is None else json.dumps(wanted.body, ensure_ascii=False),
        version=_version(before) if tool.takes("If-Match") else None,
        rests_on={place: _digest(answer) for place, answer in seen.items()},
        at=now.isoformat(),
    )
    kept.keep(table(), made)
    lines = list(_lines(tool, wanted, before.body if before.is_good and target == wanted.place else None))
    return {"plan": lines, "hash": made.hash, "expires_at": (now + KEPT_FOR).isoformat().replace("+00:00", "Z")}


def _require_there(wanted: Request, target: str | None, seen: Mapping[str, Answer]) -> None:
    """Raises Refusal unless what is to be changed is there, and what it belongs to; a PUT may make it."""
    for place, answer in seen.items():
        is_needed = place == target or wanted.place.startswith(f"{place}/")
        if is_needed and not answer.is_good and not (wanted.method == "PUT" and place == wanted.place):
            raise Refusal(answer)


def commit(known: Tools, name: str, who: Caller, api: Api) -> Answer:
    """Carries out a plan, once, and gives the API's answer.

    Raises Absent `plan_not_found`, Conflict `plan_moved` and `plan_begun`. An operation that takes an Idempotency-Key
    is sent again with the plan's own, and answers as before: a client may have lost the answer.
    """
    found = kept.get(table(), who, name, clock.now())
    repeats = known[found.operation].takes("Idempotency-Key")
    if found.state == "refused" or (found.state != "open" and not repeats):
        raise kept.already_begun()
    if found.state != "done":
        _require_unmoved(api, found)
    if found.state == "open":
        _begin(found, may_be_begun=repeats)
    answer = api.ask(_request(found, repeats=repeats), WRITING_SECONDS)
    if answer.status < 500:
        kept.end(table(), found, "done" if answer.is_good else "refused")
    if answer.status == 412:
        raise _moved(found.path)
    return answer


def _begin(found: Planned, *, may_be_begun: bool) -> None:
    try:
        kept.begin(table(), found)
    except Conflict:
        if not may_be_begun:
            raise


def _request(found: Planned, *, repeats: bool) -> Request:
    headers = {"Idempotency-Key": f"plan-{found.hash}"} if repeats else {}
    if found.version is not None:
        headers["If-Match"] = str(found.version)
    return Request(found.method, found.path, None if found.body is None else json.loads(found.body), headers)


def _require_unmoved(api: Api, found: Planned) -> None:
    now = _seen(api, list(found.rests_on))
    for place, answer in now.items():
        if _digest(answer) != found.rests_on[place]:
            raise _moved(place)


def _moved(place: str) -> Conflict:
    return Conflict("plan_moved", f"{place} has changed since this was planned: plan again")


def _seen(api: Api, places: list[str]) -> dict[str, Answer]:
    """The answer at each place: there, or not. Raises Refusal for an answer that is neither."""
    answers = side_by_side(lambda place: api.ask(Request("GET", place), LOOKING_SECONDS), places)
    for answer in answers:
        if not answer.is_good and answer.status not in {404, 422}:
            raise Refusal(answer)
    return dict(zip(places, answers, strict=True))


def _digest(answer: Answer) -> str:
    return json_text.digest([answer.status, answer.body if answer.is_good else None])


def _version(answer: Answer) -> int | None:
    version = answer.body.get("version") if answer.is_good and isinstance(answer.body, dict) else None
    return version if isinstance(version, int) else None


def _target(known: Tools, tool: Tool, arguments: Json) -> str | None:
    """The path of what a tool changes: its own if that can be read, else the nearest above it; None if it makes one."""
    readable = {each.path: each for each in known.values() if each.method == "get"}
    parts = tool.path.split("/")
    for length in range(len(parts) - (tool.method == "post"), 2, -1):
        above = readable.get("/".join(parts[:length]))
        if above is not None and (above.path.endswith("}") or not above.has_pages):
            return _filled(above.path, {name: [arguments[name]] for name in above.inputs.path})[0]
    return None


def _places(known: Tools, who: Caller, arguments: Json, target: str | None) -> list[str]:
    """The paths of all that a call names by ids, as far as the key may read them, with its target in front.

    Raises Invalid `plan_too_wide`.
    """
    named = _ids(arguments)
    things = [each for each in known.values() if each.method == "get" and each.path.endswith("}")]
    able = [each.path for each in things if who.may(each.scopes) and each.inputs.path.keys() <= named.keys()]
    found = {path: None for template in able for path in _filled(template, named)}
    if len(found) > MOST_PLACES:
        raise Invalid("plan_too_wide", f"a plan rests on {MOST_PLACES} things at most: name fewer at once")
    in_front = [] if target is None or not who.may(["read"]) else [target]
    return list(dict.fromkeys([*in_front, *found]))


def _filled(template: str, named: Mapping[str, list[str]]) -> list[str]:
    """A path for each combination of ids, up to one more than there may be."""
    names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
    combined = islice(product(*(named[name] for name in names)), MOST_PLACES + 1)
    return [template.format(**dict(zip(names, map(segment, values), strict=True))) for values in combined]


def _ids(value: Any) -> dict[str, list[str]]:
    """The texts in a value by their names, wherever they stand; those of a list `<name>s` are so many of that name."""
    found: dict[str, list[str]] = {}
    for name, text in _texts(value):
        if text not in found.setdefault(name.removesuffix("s") if name.endswith("_ids") else name, []):
            found[name.removesuffix("s") if name.endswith("_ids") else name].append(text)
    return found


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _texts(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str) and _is_segment(value):
        yield name, value


def _is_segment(value: str) -> bool:
    try:
        segment(value)
    except Absent:
        return False
    return True


def _lines(tool: Tool, wanted: Request, before: Any) -> Iterator[Json]:
    """The changes: the operation in words, then each field with its value before and after."""
    first: Json = {"what": f"{tool.operation['summary']}: {wanted.method} {wanted.path}"}
    yield first | ({"before": before, "after": None} if tool.method == "delete" and before is not None else {})
    known = before if isinstance(before, dict) else {}
    for name, after in (wanted.body or {}).items():
        if name in known:
            yield {
                "what": _change(name, known[name], after),
                "field": f"/{name}",
                "before": known[name],
                "after": after,
            }
        else:
            yield {"what": f"{name}: {_short(after)}", "field": f"/{name}", "after": after}


def _change(name: str, before: Any, after: Any) -> str:
    return f"{name} stays {_short(before)}" if before == after else f"{name}: {_short(before)} -> {_short(after)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
