"""Filters of the lists and reports of commissions: parameters that their routes share."""

from typing import Annotated, Final

from aws_lambda_powertools.event_handler.openapi.params import Query

from laurel.domain.ledger.commissions import CommissionStatus, ConversionType, PayoutStatus
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.ids import PayoutId
from laurel.domain.values.model import Day, ExternalId
from laurel.workflows.ledger.sources import MOST_OFFERS_OF_ALL_TIME
from laurel.workflows.offers.reading import MOST_OFFERS
from laurel.workflows.requests.listing import MOST_LOOKED_AT

Named = Annotated[str | None, Query(min_length=1, max_length=64)]
Status = Annotated[CommissionStatus | None, Query(description="Only rows with this status.")]
Payout = Annotated[
    PayoutStatus | None, Query(description="Only rows that are paid, in a payout that is not paid yet, or in none.")
]
OfPayout = Annotated[PayoutId | None, Query(description="Only rows that are in this payout.")]
OfType = Annotated[ConversionType | None, Query()]
OfOrder = Annotated[ExternalId | None, Query(description="The storefront's id of an order, whoever won it.")]
OfCode = Annotated[
    PromoCode | None, Query(description="Only orders won by this promo code, or refused with it; in any spelling.")
]
From = Annotated[Day | None, Query(alias="from", description="First local day of the program, included.")]
To = Annotated[Day | None, Query(alias="to", description="Last local day of the program, included.")]

PAGES: Final = (
    f"A page looks at {MOST_LOOKED_AT:,} rows at most, so a filter that matches little gives short pages: follow "
    f"`next_cursor` until it is null. Above {MOST_OFFERS_OF_ALL_TIME} offers, name an offer, a member or days, or it "
    f"is 422 `range_too_large`; above {MOST_OFFERS:,}, days alone do not do."
)
"""How far lists of rows go, for their descriptions."""
