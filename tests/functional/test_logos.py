"""A program's logo: a picture and nothing else, kept and served by us."""

import base64
from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World, http_event
from tests.functional.kit.world import program as another_program
from tests.pages.kit.reader import Reader

PNG, JPEG = b"\x89PNG\r\n\x1a\n" + bytes(100), b"\xff\xd8\xff\xe0" + bytes(50)
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20)
PATH = "/v1/program/logo"


def put(api: Gateway, data: bytes) -> Answer:
    event = {**http_event("PUT", PATH, "", api.key), "body": base64.b64encode(data).decode(), "isBase64Encoded": True}
    return api.send(event)


def name(api: Gateway) -> Any:
    return api.get("/v1/program").body["logo"]


@pytest.mark.parametrize(("data", "kind"), [(PNG, "png"), (JPEG, "jpeg"), (WEBP, "webp")], ids=["png", "jpeg", "webp"])
def test_a_picture_is_kept_and_given_back_as_it_was(api: Gateway, world: World, data: bytes, kind: str):
    assert put(api, data).status == 204
    got = api.get(PATH)
    assert (got.headers["Content-Type"], base64.b64decode(got.body)) == (f"image/{kind}", data)
    shown = Reader().once("GET", f"/portal/{world.program.program_id}/logo/{name(api)}")
    assert (shown.status, shown.headers["Content-Type"], base64.b64decode(shown.html)) == (200, f"image/{kind}", data)
    assert "immutable" in shown.headers["Cache-Control"]


def test_another_picture_takes_its_place_under_another_name(api: Gateway, world: World):
    put(api, PNG)
    before = name(api)
    put(api, JPEG)
    assert name(api) not in {None, before}
    assert Reader().once("GET", f"/portal/{world.program.program_id}/logo/{before}").status == 404


def test_a_change_of_settings_leaves_it_alone(api: Gateway):
    put(api, PNG)
    before = name(api)
    assert api.patch("/v1/program", {"name": "Other"}).body["logo"] == before
    assert api.patch("/v1/program", {"logo": "x"}).pointers == ["/logo"]
    assert base64.b64decode(api.get(PATH).body) == PNG


def test_it_is_gone_once_it_is_deleted_and_again(api: Gateway):
    put(api, PNG)
    for _ in range(2):
        assert api.delete(PATH).status == 204
    assert (name(api), api.get(PATH).code) == (None, "no_logo")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422, "not_a_picture"),
        (b"GIF89a" + bytes(50), 422, "not_a_picture"),
        (PNG + bytes(200 * 1024), 413, "logo_too_large"),
    ],
)
def test_what_is_no_logo_is_refused_and_nothing_is_kept(
    api: Gateway, table: Table, data: bytes, status: int, code: str
):
    api.get("/v1/program")
    before = everything(table)
    refused = put(api, data)
    assert (refused.status, refused.code) == (status, code)
    assert everything(table) == before


def test_a_logo_takes_an_admin_key_and_is_of_its_own_program(api: Gateway, table: Table, world: World):
    put(api, PNG)
    assert put(Gateway(world.reader), PNG).code == "scope_missing"
    assert Gateway(world.reader).get(PATH).status == 200
    assert Gateway(another_program(table, "Another").admin).get(PATH).code == "no_logo"
