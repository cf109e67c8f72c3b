"""KMS: webhook secrets and accounts are stored encrypted, each bound to whose it is."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from functools import cache
from secrets import token_bytes
from typing import Any, Final

from laurel import concurrency
from laurel.settings import settings

OF_STOREFRONT: Final = "storefront_id"
"""The owner of a webhook secret."""
OF_CONNECTION: Final = "connection_of"
"""The owner of a shop's credentials: a storefront, too, but whoever opens webhook secrets opens none of these."""
OF_ENDPOINT: Final = "endpoint_id"
"""The owner of the secrets that events are signed with."""
OF_ACCOUNT: Final = "account_of"
"""The owner of an account that money goes to or comes from: a member or a program."""
_TRIES: Final = 3
_SALT_BYTES: Final = 16


class VaultClosed(Exception):
    """KMS did not answer, or refused: nothing was encrypted or decrypted."""


def seal(secret: str, **owner: str) -> str:
    """`secret` as base64 of its ciphertext; `owner`: its name and id, as OF_STOREFRONT. Raises VaultClosed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().encrypt(
            KeyId=settings().secrets_key_id,
            Plaintext=secret.encode(),
            EncryptionContext=owner,
        )
    except (BotoCoreError, ClientError) as error:
        raise VaultClosed("KMS could not encrypt") from error
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def unseal(sealed: str, **owner: str) -> str:
    """The secret in `sealed`, the inverse of `seal` for the same owner. Raises VaultClosed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().decrypt(CiphertextBlob=base64.b64decode(sealed), EncryptionContext=owner)
    except (BotoCoreError, ClientError) as error:
        raise VaultClosed("KMS could not decrypt") from error
    plain: bytes = answer["Plaintext"]
    return plain.decode()


def unseal_all(sealed: Mapping[str, str], owner: str) -> dict[str, str]:
    """The secrets of many owners, by their ids: `owner` names what they are, as in `seal`. Raises VaultClosed."""
    # one after another, a file of thousands of lines would take minutes
    opened = concurrency.side_by_side(lambda entry: unseal(entry[1], **{owner: entry[0]}), sealed.items())
    return dict(zip(sealed, opened, strict=True))


def kept(secret: str, before: Mapping[str, str], **owner: str) -> dict[str, str]:
    """`secret` as an item keeps it: `sealed`, and the `mark` by which it is known again; `before` if that is it."""
    if before and is_marked(secret, before["mark"]):
        return dict(before)
    return {"sealed": seal(secret, **owner), "mark": mark(secret)}


def mark(secret: str) -> str:
    """A mark that recognizes the secret and reveals nothing else of it: a salt, and a slow hash of both."""
    salt = token_bytes(_SALT_BYTES)
    return f"{salt.hex()}:{_hash(secret, salt)}"


def is_marked(secret: str, marked: str) -> bool:
    """Whether `marked` is a mark of `secret`."""
    salt, _, hashed = marked.partition(":")
    return hmac.compare_digest(_hash(secret, bytes.fromhex(salt)), hashed)


def _hash(secret: str, salt: bytes) -> str:
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1).hex()


@cache
def _client() -> Any:
    retries = {"mode": "standard", "total_max_attempts": _TRIES}
    return concurrency.client("kms", connect_timeout=1, read_timeout=3, retries=retries)
