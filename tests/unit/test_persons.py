"""One person, whatever is written of their address: a tag leads to the same mailbox."""

import pytest

from laurel.domain.members.members import email_identity, person_behind
from laurel.domain.tracking.attribution import judge
from laurel.domain.tracking.conversions import Customer, customers_of
from tests.unit.kit.builders import SATURDAY, candidate, member


@pytest.mark.parametrize("own", ["anna@example.com", "anna+laurel@example.com"])
@pytest.mark.parametrize("told", ["anna@example.com", "Anna+Shop@Example.com", " anna+a+b@example.com "])
def test_a_members_own_purchase_is_known_by_any_tag(own: str, told: str) -> None:
    assert judge(candidate(member=member(email=own)), 30, SATURDAY, told) == "self_purchase"


@pytest.mark.parametrize(
    "told", ["anna@example.net", "ann@example.com", "hanna+anna@example.com", "anna-shop@example.com"]
)
def test_another_address_is_somebody_else(told: str) -> None:
    assert judge(candidate(member=member(email="anna+laurel@example.com")), 30, SATURDAY, told) != "self_purchase"


def test_a_customer_who_tags_their_address_is_the_same_customer() -> None:
    tagged, plain, other = (
        customers_of("prg", Customer(customer_email=email))
        for email in ("carl+sale@example.com", "CARL@example.com", "karl@example.com")
    )
    assert tagged == plain != other


@pytest.mark.parametrize("told", ["guest+1", "+1@example.com", "guest", "@", ""])
def test_what_is_no_tag_of_an_address_stays(told: str) -> None:
    assert person_behind(told) == told


def test_members_may_still_differ_by_a_tag() -> None:
    assert email_identity("anna+a@example.com") != email_identity("anna@example.com")
