"""Every example of the document is accepted as it is shown, by a program that has what it names."""

import hashlib
import hmac
import html
import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from laurel.api.reference import commands, operations
from tests.journeys.conftest import Mailbox
from tests.journeys.kit.client import Answer, Api
from tests.journeys.kit.filled import LOGO, NEEDS, Filled, as_shown, filled
from tests.kit.shop_bodies import SECRET, signed
from tools.places import ROOT

DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text())
BY_GATEWAY = {"ask_to_count_visits"}  # the engine answers pre-flights itself
NOTHING_FAILED = {"resend_mail"}  # SES takes every mail here
LAST = ("delete", "patch")
OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, method, operation in sorted(operations(DOCUMENT), key=lambda each: each[1] in LAST)
    if operation["operationId"] not in BY_GATEWAY
}
PICTURES = {"put_logo"}
PLATFORMS = {"take_from_shopify": "shopify", "take_from_woocommerce": "woocommerce", "take_from_stripe": "stripe"}


@pytest.fixture(scope="module")
def at(fresh: Api, mailbox: Mailbox) -> Filled:
    return filled(fresh, mailbox.to)


def sent(at: Filled, name: str) -> Answer:
    """The answer to the example of an operation."""
    path, method, operation = OPERATIONS[name]
    ids = {**at.ids, **NEEDS.get(name, lambda _: {})(at)}
    given = [each for each in operation.get("parameters", []) if "example" in each]
    known = {each["example"]: ids[each["name"]] for each in all_of_paths() if each["name"] in ids}
    for each in given:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", ids.get(each["name"], each["example"]))
    values = {place: {e["name"]: e["example"] for e in given if e["in"] == place} for place in ("query", "header")}
    shown = [content["example"] for content in operation.get("requestBody", {}).get("content", {}).values()]
    text = json.dumps(as_shown(shown[0], known)) if shown else ""
    if name in PICTURES:
        return at.admin.send(method.upper(), path, raw=LOGO, Content_Type="image/png")
    headers = signature(name, text, values["header"]) if name in PLATFORMS else values["header"]
    query = urlencode(postback(values["query"]) if name == "take_postback" else plain(values["query"]))
    caller = at.admin if operation["security"] else at.admin.with_key(None)
    return caller.send(method.upper(), f"{path}{'?' if query else ''}{query}", raw=text.encode() or None, **headers)


def all_of_paths() -> list[dict[str, Any]]:
    parameters = (each for _, _, operation in operations(DOCUMENT) for each in operation.get("parameters", []))
    return [each for each in parameters if each["in"] == "path" and "example" in each]


def plain(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()}


def postback(query: Mapping[str, Any]) -> dict[str, str]:
    told = {name: value for name, value in plain(query).items() if name != "sig"}
    signable = urlencode(sorted(told.items()))
    return {**told, "sig": hmac.new(SECRET.encode(), signable.encode(), hashlib.sha256).hexdigest()}


def signature(name: str, text: str, shown: Mapping[str, Any]) -> Mapping[str, str]:
    topic = next((str(value) for header, value in shown.items() if header.endswith("Topic")), "")
    made = signed(PLATFORMS[name], topic, text, datetime.now(UTC))
    assert {header.lower() for header in shown} <= {header.lower() for header in made}
    return made


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_example_is_accepted_as_it_is_shown(at: Filled, name: str):
    answer = sent(at, name)
    if name in NOTHING_FAILED:
        assert answer.json["code"] == "mail_not_resendable"
    else:
        assert answer.status < 400, answer.text


def test_the_commands_of_the_page_read_everything_as_they_stand(at: Filled):
    page = at.admin.with_key(None).send("GET", "/docs").text
    shown = [html.unescape(each) for each in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.S)]
    begin = shown[0].replace("lk_...", str(at.admin.key))
    script = ['curl() { command curl --noproxy "*" --fail-with-body --output /dev/null "$@"; }']
    for name, (path, method, operation) in OPERATIONS.items():
        if method == "get" and operation["security"]:
            command = commands.curl(path, method, operation, commands.variables(DOCUMENT))
            assert command in shown, name
            ids = {**at.ids, **NEEDS.get(name, lambda _: {})(at)}
            needed = " ".join(f"{each.upper()}={value}" for each, value in ids.items())
            script.append(f"( export {needed}; {command} ) || echo {name}")
    direct = 'set -u; curl() { command curl --noproxy "*" "$@"; }'  # this machine's proxies are none of its business
    found = 'test "$MEMBER_ID" && test "$OFFER_ID" && test "$CONVERSION_ID" || echo nothing found'
    told = "\n".join([direct, begin, found, *script])
    done = subprocess.run(["bash", "-c", told], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
