"""KMS as the world has it: it takes a turn to encrypt, gives what nobody knows by heart, and opens it for its owner."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from laurel import vault
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world.scheduler import Scheduler


class WorldKms:
    """The client that `vault` asks. Each ciphertext is another one, also of the same text."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self._made = 0

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:  # noqa: N803, ARG002
        """Takes a turn: others may write meanwhile."""
        self.scheduler.pause()
        self._made += 1
        return {"CiphertextBlob": json.dumps([self._made, EncryptionContext, Plaintext.decode()]).encode()}

    @staticmethod
    def decrypt(*, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:  # noqa: N803
        """In threads of its own, which cannot take turns."""
        _, owner, text = json.loads(CiphertextBlob)
        assert owner == EncryptionContext, "somebody else's"
        return {"Plaintext": text.encode()}


@contextmanager
def encrypting(scheduler: Scheduler) -> Iterator[None]:
    """With that KMS, and marks that cost nothing."""
    kms = WorldKms(scheduler)
    with (
        replaced(vault, "_client", lambda: kms),
        replaced(vault, "settings", lambda: SimpleNamespace(secrets_key_id="key")),
        replaced(vault, "token_bytes", bytes),
        replaced(vault, "_hash", lambda secret, salt: hashlib.sha256(secret.encode() + salt).hexdigest()),
    ):
        yield
