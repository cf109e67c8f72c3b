"""Filters of the lists and reports of commissions: parameters that their routes share."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from laurel.domain.ledger.commissions import CommissionStatus, ConversionType, PayoutStatus
from laurel.domain.values.ids import PayoutId
from laurel.domain.values.model import Day

Named = Annotated[str | None, Query(min_length=1, max_length=64)]
Status = Annotated[CommissionStatus | None, Query(description="Only rows with this status.")]
Payout = Annotated[
    PayoutStatus | None, Query(description="Only rows that are paid, in a payout that is not paid yet, or in none.")
]
OfPayout = Annotated[PayoutId | None, Query(description="Only rows that are in this payout.")]
OfType = Annotated[ConversionType | None, Query()]
From = Annotated[Day | None, Query(alias="from", description="First local day of the program, included.")]
To = Annotated[Day | None, Query(alias="to", description="Last local day of the program, included.")]
