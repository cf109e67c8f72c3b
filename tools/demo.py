"""Play Laurel's main job over HTTP and report it: sales, a bonus, mails, a link, a refund and a payout."""

import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from tools.api_client import ApiClient, led_to, read_json
from tools.failure import Say, ToolError
from tools.shop.server import LocalShop

T = TypeVar("T")
WAIT_SECONDS: Final = 30.0
CODE: Final = "ADA10"
EMAIL: Final = "ada@example.com"
# Minor units; 10 % of them: 180.00 + 30.00. The first fires "Hello", the second "Strong week".
SALES: Final = (("1001", 180_000), ("1002", 30_000))
REFUND: Final = ("1002", 10_000)
WEEKLY_TARGET: Final = 20_000
PER_CLICK: Final = 15
LANDING_URL: Final = "https://shop.laurel.example/winter"
VISITS: Final = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone)", "Mozilla/5.0 (iPhone)")


@dataclass(frozen=True, slots=True)
class Scene:
    """The demo's program; `storefront` may only report conversions. `link`: Ada's, into the shop at `shop_url`."""

    admin: ApiClient
    storefront: ApiClient
    offer_id: str
    member_id: str
    rules: dict[str, str]  # name by id
    shop_url: str
    link: str


def curls(scene: Scene) -> tuple[str, ...]:
    """Calls to try next; `$URL`, `$KEY` and `$SHOP` stand for the address and the two keys."""
    order = json.dumps({"order_id": "1003", "amount": 5000, "currency": "USD", "type": "sale", "promo_code": CODE})
    return (
        f"curl -s $URL/v1/conversions -H \"Authorization: Bearer $SHOP\" -d '{order}'",
        f'curl -s "$URL/v1/commissions?member_id={scene.member_id}" -H "Authorization: Bearer $KEY"',
        'curl -s "$URL/v1/reports/summary?group_by=member" -H "Authorization: Bearer $KEY"',
        f'curl -s "$URL/v1/mails?member_id={scene.member_id}" -H "Authorization: Bearer $KEY"',
    )


def play(api_url: str, admin_key: str, mailbox_url: str, shop: LocalShop, say: Say) -> Scene:
    """Set the scene, sell twice, follow a link, refund, pay; raises ToolError if anything is not as it must be."""
    admin = ApiClient(api_url, admin_key)
    _wake(admin)
    scene = _set(admin, shop)
    say("\nAn offer pays 10 % to those who bring a sale; Ada joined with the promo code ADA10.")
    say('Rule "Strong week": above 200.00 of approved commissions in a week, 2 % of them as a bonus, and a mail.')
    say('Rule "Hello": with the first sale, a mail only.\n')
    for fired, (order_id, amount) in enumerate(SALES, 1):
        _tell_sale(scene, order_id, amount, say)
        made = _wait("the rule's row", partial(_rows_of_rules, scene, fired))
        mails = _wait("the rule's mail", partial(_mails, mailbox_url, fired))
    for row in made:
        _tell_row(scene, row, say)
    for mail in mails:
        _tell_mail(mail, say)
    _share_link(scene, say)
    _pay(scene, say)
    _wait("the code in the shop", partial(_is_live, scene))
    return scene


def _wake(admin: ApiClient) -> None:
    """Starts all functions side by side instead of one after the other."""
    unknown = "0" * 26
    paths = (
        "/v1/program",
        "/v1/offers",
        "/v1/members",
        "/v1/rules",
        "/v1/payouts",
        f"/v1/conversions/com_{unknown}",
        "/r/0000000000",
        f"/t/sf_{unknown}",
    )
    with ThreadPoolExecutor(len(paths)) as together:
        for waking in [together.submit(admin.get, path) for path in paths]:
            waking.exception()  # any answer will do


def _set(admin: ApiClient, shop: LocalShop) -> Scene:
    connect(admin, shop)
    storefront_id = admin.post("/v1/storefronts", {"name": "Web shop", "platform": "api"})["storefront_id"]
    key = admin.post("/v1/api-keys", {"scopes": ["storefront"], "storefront_id": storefront_id})["key"]
    offer_id = _offer(admin)
    member_id = _member(admin)
    admin.put(f"/v1/offers/{offer_id}/enrollments/{member_id}", {"promo_code": CODE})
    rules = dict([_strong_week(admin), _hello(admin)])
    link = _link_into(admin, shop, member_id)
    return Scene(admin, ApiClient(admin.url, key), offer_id, member_id, rules, shop.url, link)


def connect(admin: ApiClient, shop: LocalShop) -> None:
    """A storefront whose codes Laurel keeps, and that tells of its orders by webhook."""
    secret = secrets.token_hex(16)
    named = {"name": "Glow on this machine", "platform": "shopify", "webhook_secret": secret}
    new = {**named, "connection": shop.connection, "origins": [shop.url.rstrip("/")]}
    shop.join(admin.url, admin.post("/v1/storefronts", new)["storefront_id"], secret)


def _link_into(admin: ApiClient, shop: LocalShop, member_id: str) -> str:
    """The member's link into the shop, with 8 % of what visitors buy."""
    option = {"name": "Standard", "default": True, "terms": {"type": "percent_of_sale", "percent": "8"}}
    offer = {"name": "Look around", "kind": "link", "landing_url": shop.url, "payout_options": [option]}
    offer_id = admin.post("/v1/offers", offer)["offer_id"]
    return str(admin.put(f"/v1/offers/{offer_id}/enrollments/{member_id}", {})["link"]["url"])


def _is_live(scene: Scene) -> bool | None:
    """Whether the shop has the member's code; None until it has."""
    enrolled = scene.admin.get(f"/v1/offers/{scene.offer_id}/enrollments/{scene.member_id}")
    return True if [each["state"] for each in enrolled["shops"]] == ["live"] else None


def _offer(admin: ApiClient) -> str:
    option = {"name": "Standard", "default": True, "terms": {"type": "percent_of_sale", "percent": "10"}}
    offer = {"name": "Autumn glow", "kind": "promo_code", "status": "active", "payout_options": [option]}
    return str(admin.post("/v1/offers", {**offer, "discount": {"percent": "10"}})["offer_id"])


def _member(admin: ApiClient) -> str:
    ada = {"email": EMAIL, "first_name": "Ada", "last_name": "Lovelace", "status": "approved"}
    return str(admin.post("/v1/members", ada)["member_id"])


def _strong_week(admin: ApiClient) -> tuple[str, str]:
    template_id = _template(
        admin,
        "Strong week",
        "A bonus for a strong week",
        "Hello {{ member.first_name }},\n\nyour commissions from {{ period.start }} to {{ period.end }} have come to\n"
        "{{ value }}. We add a bonus of {{ bonus }}.\n\n{{ program.name }}\n",
    )
    above = _condition("commission_value", "gt", WEEKLY_TARGET, "current_week")
    bonus: dict[str, object] = {"type": "add_bonus_commission", "percent": "2"}
    return _rule(admin, "Strong week", above, [bonus, _mail_from(template_id)])


def _hello(admin: ApiClient) -> tuple[str, str]:
    template_id = _template(
        admin,
        "Hello",
        "Your first sale",
        "Hello {{ member.first_name }},\n\nyour first sale is in. Well done!\n\n{{ program.name }}\n",
    )
    first = _condition("sales_count", "gte", 1, "all_time")
    return _rule(admin, "Hello", first, [_mail_from(template_id)])


def _template(admin: ApiClient, name: str, subject: str, text: str) -> str:
    return str(admin.post("/v1/mail-templates", {"name": name, "subject": subject, "text": text})["template_id"])


def _condition(metric: str, operator: str, value: int, period: str) -> dict[str, object]:
    return {"metric": metric, "operator": operator, "value": value, "period": {"type": period}}


def _mail_from(template_id: str) -> dict[str, object]:
    return {"type": "send_mail", "to": "member", "template_id": template_id}


def _rule(
    admin: ApiClient, name: str, condition: dict[str, object], actions: list[dict[str, object]]
) -> tuple[str, str]:
    """Creates a rule; its id and its name."""
    body = {"name": name, "enabled": True, "offers": "all", "conditions": [condition], "actions": actions}
    return str(admin.post("/v1/rules", body)["rule_id"]), name


def _share_link(scene: Scene, say: Say) -> None:
    say(f"\nA second offer pays {money(PER_CLICK)} a click; Ada shares her link. Two follow it, one of them twice.")
    say("")
    option = {"name": "Standard", "default": True, "terms": {"type": "per_click", "amount": PER_CLICK}}
    offer = {"name": "Winter news", "kind": "link", "landing_url": LANDING_URL, "payout_options": [option]}
    offer_id = scene.admin.post("/v1/offers", offer)["offer_id"]
    link = scene.admin.put(f"/v1/offers/{offer_id}/enrollments/{scene.member_id}", {})["link"]["url"]
    for browser in VISITS:
        say(f"  visit   {led_to(link, browser)}")
    row = _wait("the clicks' row", partial(_clicks, scene))
    say(f"  clicks  {money(row['amount']):>8}  {row['clicks']} visitors of one day")
    total = _wait("the summary", partial(_summary, scene, row["amount"]))
    say(
        f"\n  in all: {total['clicks']} clicks, {total['conversions']} conversions, sales of {money(total['sales'])}, "
        f"commission {money(total['commission'])}, of it due {money(total['payout_due'])}"
    )


def _pay(scene: Scene, say: Say) -> None:
    order_id, amount = REFUND
    say(f"\nPart of order {order_id} is sent back. Then Ada is paid; today's clicks wait until the day is over.\n")
    refund = {"order_id": order_id, "refund_id": f"back-{order_id}", "amount": amount, "reason": "refund"}
    conversion_id = scene.storefront.post("/v1/refunds", refund)["conversion_id"]
    left = scene.admin.get(f"/v1/conversions/{conversion_id}")["commission"]
    say(f"  refund  {money(amount):>8}  of order {order_id} -> commission {money(left)}")
    today = datetime.now(ZoneInfo(scene.admin.get("/v1/program")["timezone"])).date().isoformat()
    scene.admin.put(f"/v1/members/{scene.member_id}/payee", {"method": "paypal", "email": EMAIL})
    path = f"/v1/payouts/{scene.admin.post('/v1/payouts', {'until': today, 'rail': 'paypal'})['payout_id']}"
    (line,) = _wait("the draft", partial(_payout, scene, path, "draft"))["lines"]
    say(f"  draft   {money(line['amount']):>8}  to {line['name']}, for {line['rows']} rows")
    (order,) = scene.admin.get(f"{path}/file?rail=paypal_api")["items"]
    say(f"  file    {order['amount']['value']:>8}  for PayPal's Payouts API, to {order['receiver']}")
    scene.admin.post(f"{path}/confirm", {})
    paid = _wait("the payout", partial(_payout, scene, path, "confirmed"))
    say(f"  payout  {money(paid['total']):>8}  confirmed, {paid['lines'][0]['status']} to {EMAIL}")
    due = scene.admin.get("/v1/reports/summary?group_by=member")["totals"]["payout_due"]
    say(f"\n  still due: {money(due)}")


def _payout(scene: Scene, path: str, status: str) -> dict[str, Any] | None:
    payout: dict[str, Any] = scene.admin.get(path)
    return payout if payout["status"] == status else None


def _clicks(scene: Scene) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = scene.admin.get(f"/v1/commissions?member_id={scene.member_id}&type=click")["items"]
    return next((row for row in rows if row["clicks"] == len(set(VISITS))), None)


def _summary(scene: Scene, clicks_amount: int) -> dict[str, Any] | None:
    """The program's totals; None until the clicks are among them."""
    summary: dict[str, Any] = scene.admin.get("/v1/reports/summary?group_by=offer")
    counted = [row for row in summary["rows"] if row["clicks"] and row["commission"] == clicks_amount]
    return summary["totals"] if counted else None


def _tell_sale(scene: Scene, order_id: str, amount: int, say: Say) -> None:
    order = {"order_id": order_id, "amount": amount, "currency": "USD", "type": "sale", "promo_code": CODE}
    conversion = scene.storefront.post("/v1/conversions", order)
    say(f"  sale    {money(amount):>8}  order {order_id}, code {CODE} -> commission {money(conversion['commission'])}")


def _tell_row(scene: Scene, row: dict[str, Any], say: Say) -> None:
    kind = "bonus " if row["amount"] else "marker"
    base = (row.get("evidence") or {}).get("base")
    why = f", of {money(base)}" if row["amount"] and base else ""
    say(f'  {kind}  {money(row["amount"]):>8}  rule "{scene.rules[row["rule_id"]]}", period {row["period"]}{why}')


def _tell_mail(mail: dict[str, Any], say: Say) -> None:
    say(f"\n  mail from {mail['Source']} to {', '.join(mail['To'])}: {mail['Subject']}")
    for line in mail["BodyText"].strip().splitlines():
        say(f"  | {line}".rstrip())


def _rows_of_rules(scene: Scene, count: int) -> list[dict[str, Any]] | None:
    """One row for each rule that fired, oldest first; None until there are `count`."""
    rows = scene.admin.get(f"/v1/commissions?member_id={scene.member_id}&limit=100")["items"]
    made = [row for row in reversed(rows) if row.get("rule_id") in scene.rules]
    return made if len(made) >= count else None


def _mails(mailbox_url: str, count: int) -> list[dict[str, Any]] | None:
    accounts = read_json(mailbox_url)["messages"].values()
    sent = [mail for account in accounts for mail in account if EMAIL in mail["To"]]
    return sent if len(sent) >= count else None


def _wait(what: str, probe: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + WAIT_SECONDS
    while (answer := probe()) is None:
        if time.monotonic() > deadline:
            raise ToolError(f"the demo waited {WAIT_SECONDS:.0f} s for {what} in vain; see .local/engine.log")
        time.sleep(0.1)
    return answer


def money(minor: int) -> str:
    """Minor units of a currency with two decimals, as people write them."""
    return f"{minor // 100}.{minor % 100:02}"
