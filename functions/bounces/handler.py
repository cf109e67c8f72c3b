"""SNS (what SES tells of mails that it took) -> the mail, and whether more is sent to its address. It sends nothing."""

from typing import Any

from laurel import clock, metrics
from laurel.domain.mail.ses_reports import heard
from laurel.log import logger
from laurel.store.table import table
from laurel.workflows.members import bounces


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Takes the messages of one notification; raises if the table does not answer, and is then asked again."""
    for record in event["Records"]:
        hear(record["Sns"]["Message"])
    return {}


def hear(message: str) -> None:
    """Notes one report, and counts it. What is none, such as the greeting of a new topic, is no failure."""
    told = heard(message)
    result = bounces.Result.UNKNOWN if told is None else bounces.take(table(), told, clock.now())
    metrics.count_report(result)
    about = {} if told is None else {"mail": told.mail_id, "in": told.program_id, "reason": told.report.reason}
    logger.info("mail report", extra={"result": result.value, **about})
