"""The account that a program pays its members from. It is kept encrypted, and shown masked."""

from typing import Annotated

from pydantic import Field

from laurel.domain.values.bank_accounts import Bic, Iban, masked_iban
from laurel.domain.values.model import Frozen, Label


class MaskedPayer(Frozen):
    """The payer as it is shown: the IBAN with its country and its last four characters."""

    name: str
    iban: str
    bic: str | None = None


class Payer(Frozen):
    """The bank account that files are paid from; `name`: its holder, as the bank knows it."""

    name: Annotated[Label, Field(max_length=140)]
    iban: Iban
    bic: Bic | None = None

    @property
    def masked(self) -> MaskedPayer:
        """As it is shown."""
        return MaskedPayer(name=self.name, iban=masked_iban(self.iban), bic=self.bic)

    @property
    def as_text(self) -> str:
        """The payer as it is encrypted, as JSON: equal payers are equal texts."""
        return self.model_dump_json(exclude_none=True)
