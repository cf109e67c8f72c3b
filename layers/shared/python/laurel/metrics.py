"""The few numbers that alarms look at, as CloudWatch embedded metrics in namespace Laurel."""

from collections.abc import Iterable

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from laurel.workflows.mail.outbox import Result

_ALARMED = {Result.UNKNOWN: "MailUnknown", Result.FAILED: "MailFailed"}


def count_overdue(commissions: int) -> None:
    """Commissions that the stream had not folded in time."""
    _count("OverduePending", commissions)


def count_mails(results: Iterable[Result]) -> None:
    """Mails that nobody will hear of unless an operator looks."""
    for result in results:
        if result in _ALARMED:
            _count(_ALARMED[result], 1)


def count_lost_clicks(clicks: int) -> None:
    """Visitors who were led on although their click could not be written."""
    if clicks:
        _count("ClicksLost", clicks)


def count_closed_with_pending(with_pending: bool) -> None:
    """A day that was closed although orders of before were still uncounted after hours of waiting."""
    if with_pending:
        _count("ClosedWithPending", 1)


def _count(name: str, value: int) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace="Laurel") as metric:
        metric.add_dimension(name="service", value="laurel")
