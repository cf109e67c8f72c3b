"""The mail to a merchant whose endpoint was paused, since it took no event for days."""

from datetime import datetime
from typing import Final, Literal, Self

from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.templates import Rendered, TemplateText, render
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import EndpointId, dated_id

_PAUSED: Final = TemplateText(
    name="Endpoint paused",
    subject="Events no longer reach {{ url }}",
    text="Hello,\n\nfor three days {{ url }} has not taken an event of {{ program.name }}. Nothing is sent there any "
    "more until you enable the endpoint {{ endpoint_id }} again. What happens meanwhile waits for 30 days.\n",
)


class EndpointPausedMail(Outgoing):
    """Tells the merchant that an endpoint was paused."""

    kind: Literal["endpoint_paused"] = "endpoint_paused"
    endpoint_id: EndpointId
    url: str

    @classmethod
    def of(cls, endpoint_id: str, url: str, version: int, at: datetime) -> Self:
        """The mail for the `version` of an endpoint that is paused, due at once."""
        return cls(
            mail_id=dated_id("mai", at, "endpoint_paused", endpoint_id, str(version)),
            endpoint_id=endpoint_id,
            url=url,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )

    def rendered(self, program: Program) -> Rendered:
        """The mail as it is sent."""
        return render(_PAUSED, {"url": self.url, "endpoint_id": self.endpoint_id, "program.name": program.name})
