"""The schema of Shopify's Admin API, whole, as Shopify publishes it."""

import gzip
import json
from functools import cache

from graphql import GraphQLSchema, build_client_schema

from tools.places import SCHEMAS
from tools.schemas import ADMIN


@cache
def published() -> GraphQLSchema:
    """The schema that `make run`, `make check` and `make test` fetch (or `python -m tools.schemas`); read in 0.5 s."""
    told = json.loads(gzip.decompress((SCHEMAS / ADMIN).read_bytes()))
    return build_client_schema(told.get("data", told), assume_valid=True)
