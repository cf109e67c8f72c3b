"""Signatures of the Standard Webhooks scheme: a receiver checks them with any of its libraries."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def secret_of(randomness: bytes) -> str:
    """A secret as receivers take it."""
    return PREFIX + base64.b64encode(randomness).decode()


def headers(secrets: Iterable[str], event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a request that is sent at `at`: one signature for each secret that is good."""
    seconds = int(at.timestamp())
    signed = f"{event_id}.{seconds}.".encode() + body
    signatures = (f"v1,{_signature(secret, signed)}" for secret in secrets)
    return {"webhook-id": event_id, "webhook-timestamp": str(seconds), "webhook-signature": " ".join(signatures)}


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
