"""The few numbers that alarms watch, as CloudWatch embedded metrics in namespace Laurel."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

if TYPE_CHECKING:  # results are known by name: who counts clicks is not to load what sends mail and asks shops
    from laurel.workflows.events import sending
    from laurel.workflows.mail.outbox import Result
    from laurel.workflows.members import bounces
    from laurel.workflows.shops import telling

_ALARMED = {"UNKNOWN": "MailUnknown", "FAILED": "MailFailed"}
_OF_REPORTS = {"BOUNCED": "MailBounced", "COMPLAINED": "MailComplained", "UNKNOWN": "MailReportsUnknown"}
_OF_SHOPS = {"LOCKED_OUT": "ShopsLockedOut", "HEALED": "CodesHealed", "FAILED": "CodesRefused"}


def count_overdue(commissions: int) -> None:
    """Counts commissions that the stream had not folded in time."""
    _count("OverduePending", commissions)


def count_mails(results: "Iterable[Result]") -> None:
    """Counts mails that did not arrive and that only an operator can look into."""
    for result in results:
        if result.name in _ALARMED:
            _count(_ALARMED[result.name], 1)


def count_report(result: "bounces.Result") -> None:
    """Counts mails that bounced or were complained of, and reports on no mail of ours."""
    if result.name in _OF_REPORTS:
        _count(_OF_REPORTS[result.name], 1)


def count_told(result: "telling.Result") -> None:
    """Counts what a merchant or an operator should see of a shop: no way in, drift, codes that it will not have."""
    if result.name in _OF_SHOPS:
        _count(_OF_SHOPS[result.name], 1)


def count_sending(result: "sending.Result") -> None:
    """Counts endpoints that were paused, since they took no event for days."""
    if result.name == "PAUSED":
        _count("EndpointsPaused", 1)


def count_lost_clicks(clicks: int) -> None:
    """Counts visitors who were sent on although their click could not be written."""
    if clicks:
        _count("ClicksLost", clicks)


def count_refused_delivery() -> None:
    """Counts a delivery of a shop on which somebody may have earned, and that cannot be counted as it is."""
    _count("DeliveriesRefused", 1)


def count_missed_deliveries(deliveries: int) -> None:
    """Counts what no webhook told, and a shop told when it was asked."""
    if deliveries:
        _count("DeliveriesMissed", deliveries)


def count_closed_with_pending(days: int) -> None:
    """Counts days that were closed although earlier orders were still uncounted after hours of waiting."""
    if days:
        _count("ClosedWithPending", days)


def _count(name: str, value: int) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace="Laurel") as metric:
        metric.add_dimension(name="service", value="laurel")
