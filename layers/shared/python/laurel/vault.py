"""KMS: webhook secrets are stored encrypted, each bound to its storefront."""

import base64
import hashlib
import hmac
from functools import cache
from secrets import token_bytes
from typing import Any, Final

from laurel.settings import settings

_TRIES: Final = 3
_SALT_BYTES: Final = 16


class VaultClosed(Exception):
    """KMS did not answer, or refused: nothing was encrypted or decrypted."""


def seal(secret: str, storefront_id: str) -> str:
    """`secret` as base64 of its ciphertext. Raises VaultClosed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().encrypt(
            KeyId=settings().secrets_key_id,
            Plaintext=secret.encode(),
            EncryptionContext={"storefront_id": storefront_id},
        )
    except (BotoCoreError, ClientError) as error:
        raise VaultClosed("KMS could not encrypt") from error
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def unseal(sealed: str, storefront_id: str) -> str:
    """The secret in `sealed`, the inverse of `seal`. Raises VaultClosed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().decrypt(
            CiphertextBlob=base64.b64decode(sealed), EncryptionContext={"storefront_id": storefront_id}
        )
    except (BotoCoreError, ClientError) as error:
        raise VaultClosed("KMS could not decrypt") from error
    plain: bytes = answer["Plaintext"]
    return plain.decode()


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
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": _TRIES})
    return boto3.client("kms", config=config)
