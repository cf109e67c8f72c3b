"""Every answer: what goes wrong on our side is told without a trace, and each request leaves one line."""

import json
import logging
from collections.abc import Iterator

import pytest
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from laurel.api import answer, public, requires
from laurel.log import logger
from laurel.store.operations import Conflict, Throttled, Unavailable
from tests.functional.kit.gateway import Context, Gateway
from tests.functional.kit.world import World, http_event


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """What is logged."""
    kept: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    keeper = Keeper()
    logger.addHandler(keeper)
    yield kept
    logger._logger.removeHandler(keeper)


def failing(error: Exception) -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.get("/fails", middlewares=[public])
    def fails() -> dict[str, str]:
        raise error

    return app


def ask(app: APIGatewayHttpResolver, path: str = "/fails", key: str | None = None) -> dict[str, object]:
    return answer(app, http_event("GET", path, key=key), Context())


def test_a_mistake_of_ours_is_500_without_a_trace(lines: list[logging.LogRecord]):
    told = ask(failing(ZeroDivisionError("secret detail")))
    assert told["statusCode"] == 500
    assert told["headers"]["Content-Type"] == "application/problem+json"
    assert "secret" not in told["body"]
    assert "Traceback" not in told["body"]
    assert [record.levelname for record in lines] == ["ERROR", "INFO"]


@pytest.mark.parametrize("error", [Conflict(), Throttled(), Unavailable()])
def test_what_the_table_could_not_do_is_503_and_worth_another_try(error: Exception):
    told = ask(failing(error))
    assert (told["statusCode"], told["headers"]["Retry-After"]) == (503, "1")
    assert json.loads(told["body"])["code"] == "unavailable"


def test_an_answer_that_breaks_its_own_promise_is_our_mistake():
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.get("/fails", middlewares=[public])
    def fails() -> dict[str, int]:
        return {"count": "many"}

    assert ask(app)["statusCode"] == 500


def test_a_request_leaves_one_line_that_says_who_and_what(api: Gateway, world: World, lines: list[logging.LogRecord]):
    api.patch(f"/v1/members/{world.ada}", {"first_name": "Augusta"})
    (record,) = lines
    told = json.loads(logger.registered_formatter.format(record))
    assert told.pop("ms") >= 0
    assert told.pop("by").startswith("key_")
    program_id = world.program.program_id
    assert told == {"message": "PATCH /v1/members/* 200", "in": program_id, "of": world.ada, "request": "test"}


def test_a_refusal_is_logged_with_its_reason(api: Gateway, world: World, lines: list[logging.LogRecord]):
    api.post("/v1/members", {"email": "ada@example.com"})
    api.send(http_event("GET", "/r/nobody1234", headers={"accept": "text/html"}))
    assert [(record.message, record.reason) for record in lines] == [
        ("POST /v1/members 409", "email_taken"),
        ("GET /r/* 404", "link_not_found"),
    ]


def test_no_line_has_a_key_a_name_or_an_address(api: Gateway, lines: list[logging.LogRecord]):
    api.post("/v1/members", {"email": "cleo@example.com", "first_name": "Cleo"})
    api.post("/v1/members", {"email": "cleo@example.com", "first_name": 1})
    api.post("/v1/api-keys", {"scopes": ["read"]})
    api.get("/v1/cleo@example.com")
    text = str([record.__dict__ for record in lines])
    assert not any(word in text for word in ("cleo", "Cleo", "lk_"))


def test_what_is_read_along_with_the_key_reaches_the_route(world: World):
    from laurel.api import caller
    from laurel.store import keys

    app = APIGatewayHttpResolver(enable_validation=True)
    member = keys.member(world.program.program_id, world.ada)
    gone = keys.member(world.program.program_id, "mem_gone")

    @app.get("/along", middlewares=[requires("read", along=lambda _, __: [member, gone])])
    def along() -> list[bool]:
        return [key in caller(app).found for key in (member, gone)]

    assert ask(app, "/along", world.reader)["body"] == "[true,false]"
