"""A program's mail comes from its own address once the address's owner followed the link, on the deployed stack."""

import secrets

from tests.journeys.conftest import Mailbox
from tests.journeys.kit.client import Answer, Api, eventually
from tests.journeys.kit.shop import at_least_one_sale, open_shop
from tools.local_stack import Stack


def visited(link: str, method: str = "GET") -> Answer:
    return Api(link, None).send(method, "", Accept="text/html")


def test_mail_comes_from_a_sender_once_its_owner_followed_the_link(
    stranger: Api, stack: Stack, mailbox: Mailbox
) -> None:
    wanted = f"{secrets.token_hex(6)}@laurel.example"
    assert stranger.patch("/v1/program", {"sender_email": wanted})["sender"]["status"] == "unconfirmed"
    (mail,) = eventually(lambda: mailbox.to(wanted))
    assert mail["Source"] == "rewards@laurel.example"
    (link,) = [line for line in mail["BodyText"].splitlines() if line.startswith(f"{stack.api_url}/confirm-sender/")]
    assert "<button>" in visited(link).text
    assert stranger.get("/v1/program")["sender"]["status"] == "unconfirmed"
    assert visited(link, "POST").status == 200
    assert stranger.get("/v1/program")["sender"]["status"] == "confirmed"
    assert visited(link).status == 410
    assert visited(link + "A").status == 404

    shop = open_shop(stranger)
    template_id = shop.template("Hello", "Your first sale")
    shop.rule("Hello", at_least_one_sale(), {"type": "send_mail", "to": "member", "template_id": template_id})
    shop.sell(1_000)
    (hello,) = eventually(lambda: mailbox.to(shop.member["email"]))
    assert hello["Source"] == wanted
