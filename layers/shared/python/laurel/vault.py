"""KMS: webhook secrets are stored encrypted, each bound to its storefront."""

import base64
from functools import cache
from typing import Any, Final

from laurel.settings import settings

_TRIES: Final = 3


class VaultClosed(Exception):
    """KMS did not answer, or refused: nothing was encrypted."""


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


@cache
def _client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": _TRIES})
    return boto3.client("kms", config=config)
