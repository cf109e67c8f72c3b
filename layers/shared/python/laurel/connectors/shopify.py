"""Shopify: the Admin GraphQL API, one basic discount for each code, known by a tag of its own."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from laurel.connectors import Busy, Changes, Denied, Refused, Taken, Unreachable, http, shopify_orders
from laurel.connectors.understood import amount
from laurel.domain.program.shop_access import ShopifyAccess
from laurel.domain.shops.plans import Seen
from laurel.domain.shops.wanted import Wanted
from laurel.domain.values.model import instant_text
from laurel.domain.values.money import EXPONENTS, major_units

API_VERSION: Final = "2026-10"
MARK: Final = "laurel:"
"""The beginning of the tag that marks what Laurel made."""
_MOST_PATIENCE: Final = 3.0
"""Seconds that a request waits for Shopify's bucket to fill; above them the code is put off."""
_MOST_PATIENCE_EVER: Final = 3600.0
_TRIES: Final = 3

_NODE: Final = """
fragment Found on DiscountCodeNode {
  id
  codeDiscount {
    __typename
    ... on DiscountCodeBasic {
      startsAt endsAt status tags
      codes(first: 1) { nodes { code } }
      customerGets { value { __typename ... on DiscountPercentage { percentage }
        ... on DiscountAmount { amount { amount currencyCode } } } }
    }
  }
}"""
SHOP: Final = "query { shop { currencyCode } codeDiscountNodes(first: 1) { nodes { id } } }"
BY_CODE: Final = "query ($code: String!) { codeDiscountNodeByCode(code: $code) { ...Found } }" + _NODE
BY_ID: Final = "query ($id: ID!) { codeDiscountNode(id: $id) { ...Found } }" + _NODE
CREATE: Final = (
    "mutation ($discount: DiscountCodeBasicInput!) { done: discountCodeBasicCreate(basicCodeDiscount: $discount) "
    "{ codeDiscountNode { ...Found } userErrors { code field message } } }" + _NODE
)
CHANGE: Final = (
    "mutation ($id: ID!, $discount: DiscountCodeBasicInput!) "
    "{ done: discountCodeBasicUpdate(id: $id, basicCodeDiscount: $discount) "
    "{ codeDiscountNode { ...Found } userErrors { code field message } } }" + _NODE
)
END: Final = (
    "mutation ($id: ID!) { done: discountCodeDeactivate(id: $id) "
    "{ codeDiscountNode { id } userErrors { code field message } } }"
)


class ShopifyShop:
    """One shop. A discount has one code, since dates belong to the discount and each member has dates of their own."""

    def __init__(self, access: ShopifyAccess, line: http.Line) -> None:
        origin = access.base_url or f"https://{access.shop}"
        self._url = f"{origin}/admin/api/{API_VERSION}/graphql.json"
        self._headers = {"X-Shopify-Access-Token": access.access_token, "Content-Type": "application/json"}
        self._line = line

    def check(self) -> str | None:
        """Reads the currency and one discount."""
        return str(self._ask(SHOP)["shop"]["currencyCode"])

    def find(self, code: str, shop_id: str | None) -> list[Seen]:
        """The discount of that code, and the one of that id if it has another code by now."""
        found = [self._ask(BY_CODE, code=code)["codeDiscountNodeByCode"]]
        if shop_id is not None and shop_id not in {node["id"] for node in found if node}:
            found.append(self._ask(BY_ID, id=shop_id)["codeDiscountNode"])
        return [_seen(node, code) for node in found if node]

    def create(self, wanted: Wanted, mark: str, attempt: str) -> Seen:  # noqa: ARG002 - codes are unique there
        """Makes a discount for everybody, on everything."""
        everybody = {"context": {"all": "ALL"}, "title": wanted.code, "tags": [f"{MARK}{mark}"]}
        return self._done(CREATE, wanted.code, discount={**_terms(wanted), **everybody, "code": wanted.code})

    def change(self, shop_id: str, wanted: Wanted, now: datetime) -> Seen:  # noqa: ARG002 - dates say it all
        """Gives a discount other terms and dates."""
        return self._done(CHANGE, wanted.code, id=shop_id, discount=_terms(wanted))

    def end(self, shop_id: str, now: datetime) -> None:  # noqa: ARG002 - at once
        """Deactivates a discount: it stays in the merchant's list, with its uses."""
        done = self._ask(END, id=shop_id)["done"]
        if done["userErrors"] and self._ask(BY_ID, id=shop_id)["codeDiscountNode"] is not None:
            raise Refused(_sentence(done["userErrors"]))

    def changes(self, since: datetime, page: str | None, most: int) -> Changes:
        """Orders by the time of their last change, the oldest first."""
        return shopify_orders.changes(self._ask, since, page, most)

    def _done(self, query: str, code: str, **variables: Any) -> Seen:
        done = self._ask(query, **variables)["done"]
        if errors := done["userErrors"]:
            if any(error.get("code") in {"TAKEN", "DUPLICATE"} for error in errors):
                raise Taken(code)
            raise Refused(_sentence(errors))
        return _seen(done["codeDiscountNode"], code)

    def _ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer. A throttle is waited for, if not for long: it says that nothing was done."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        wait = 0.0
        for _ in range(_TRIES):
            answer = self._line.send("POST", self._url, self._headers, body)
            wait = _throttled(answer)
            if not wait:
                return _data(answer)
            if wait > _MOST_PATIENCE:
                break
            time.sleep(wait)
        raise Busy(timedelta(seconds=max(wait, 1.0)))


def _throttled(answer: http.Answer) -> float:
    """Seconds until the request may be sent again; 0 if it was heard."""
    if answer.status == 429:
        return max(_number(answer.headers.get("retry-after"), 2.0), 0.1)
    body = answer.body if isinstance(answer.body, dict) else {}
    codes = [(error.get("extensions") or {}).get("code") for error in _list(body.get("errors"))]
    if "THROTTLED" not in codes:
        return 0.0
    cost = (body.get("extensions") or {}).get("cost") or {}
    bucket = cost.get("throttleStatus") or {}
    missing = _number(cost.get("requestedQueryCost"), 50.0) - _number(bucket.get("currentlyAvailable"), 0.0)
    return max(missing / max(_number(bucket.get("restoreRate"), 50.0), 1.0), 0.1)


def _data(answer: http.Answer) -> Any:
    if answer.status in {401, 402, 403, 404, 423}:
        raise Denied(f"Shopify answers {answer.status}: token, scopes or shop are not right")
    body = answer.body
    if answer.status != 200 or not isinstance(body, dict):
        raise Unreachable(f"Shopify answers {answer.status}")
    if errors := _list(body.get("errors")):
        codes = {(error.get("extensions") or {}).get("code") for error in errors}
        if "ACCESS_DENIED" in codes:
            raise Denied("the token lacks a scope: read_discounts and write_discounts are needed")
        if codes <= {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
            raise Unreachable("Shopify could not do it")
        raise Refused(_sentence(errors))
    return body["data"]


def _terms(wanted: Wanted) -> dict[str, Any]:
    if wanted.percent is not None:
        value: dict[str, Any] = {"percentage": float(wanted.percent / 100)}
    else:
        taken_off = str(major_units(wanted.amount or 0, wanted.currency))
        value = {"discountAmount": {"amount": taken_off, "appliesOnEachItem": False}}
    return {
        "startsAt": instant_text(wanted.starts_at),
        "endsAt": None if wanted.ends_at is None else instant_text(wanted.ends_at),
        "customerGets": {"value": value, "items": {"all": True}},
    }


def _seen(node: Mapping[str, Any], asked: str) -> Seen:
    """A discount as it was told; one of another kind is the merchant's, whatever else it is."""
    about = node["codeDiscount"]
    if about["__typename"] != "DiscountCodeBasic":
        return Seen(shop_id=node["id"], code=asked)
    codes = about["codes"]["nodes"]
    marks = [tag.removeprefix(MARK) for tag in about["tags"] if tag.startswith(MARK)]
    return Seen(
        shop_id=node["id"],
        code=codes[0]["code"] if codes else asked,
        mark=next(iter(marks), None),
        starts_at=_instant(about["startsAt"]),
        ends_at=_instant(about["endsAt"]),
        is_on=about["status"] != "EXPIRED",
        **_value(about["customerGets"]["value"]),
    )


def _value(value: Mapping[str, Any]) -> dict[str, Any]:
    match value["__typename"]:
        case "DiscountPercentage":
            return {"percent": round(Decimal(str(value["percentage"])) * 100, 4).normalize()}
        case "DiscountAmount" if value["amount"]["currencyCode"] in EXPONENTS:
            return amount(value["amount"]["amount"], value["amount"]["currencyCode"])
        case _:
            return {}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _number(value: Any, otherwise: float) -> float:
    """A number of seconds or points; `otherwise` for what is none, or beyond an hour of waiting."""
    try:
        number = float(str(value))
    except ValueError:
        return otherwise
    return number if 0 <= number <= _MOST_PATIENCE_EVER else otherwise


def _list(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _sentence(errors: list[dict[str, Any]]) -> str:
    return "; ".join(str(error.get("message")) for error in errors)[:200]
