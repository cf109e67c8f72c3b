"""All that Laurel asks of Shopify is in the schema that Shopify publishes."""

import pytest
from graphql import parse, validate

from tests.kit.shops.shopify_schema import published
from tests.unit.test_shopify_costs import QUESTIONS


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_one_that_shopify_answers(name: str):
    assert validate(published(), parse(QUESTIONS[name])) == []


@pytest.mark.parametrize(
    "question",
    [
        "{ shop { currency } }",
        "{ order { id } }",
        'mutation { discountCodeDeactivate(id: "1", now: true) { job { id } } }',
    ],
)
def test_a_question_that_shopify_does_not_know_is_noticed(question: str):
    assert validate(published(), parse(question)) != []
