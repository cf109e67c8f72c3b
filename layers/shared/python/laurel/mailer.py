"""SES: one attempt per call, because SES has no idempotency token and a silent retry is a second mail."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from laurel import concurrency
from laurel.domain.mail.ses_reports import MAIL_TAG, PROGRAM_TAG
from laurel.domain.mail.templates import Rendered
from laurel.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import BodyTypeDef, ContentTypeDef

_CHARSET: Final = "UTF-8"
_SERVER_ERROR: Final = 500


class MailRefused(Exception):
    """SES refused, or was not reached at all: nothing was sent, and trying again is safe."""


class MailOutcomeUnknown(Exception):
    """No answer from SES: the mail may have been sent or not."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send: addresses, the rendered mail, and whose and which it is (tags on every SES event)."""

    program_id: str
    mail_id: str
    sender: str
    to: str
    rendered: Rendered


class Mailer:
    """The only SES client."""

    def __init__(self, configuration_set: str, client: "SESV2Client | None" = None) -> None:
        self._configuration_set = configuration_set
        self._given = client

    @property
    def _client(self) -> "SESV2Client":
        return self._given or _connect()

    def send(self, letter: Letter) -> str:
        """Sends a mail; SES's message id. Raises MailRefused or MailOutcomeUnknown."""
        from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

        try:
            answer = self._client.send_email(
                FromEmailAddress=letter.sender,
                Destination={"ToAddresses": [letter.to]},
                Content={"Simple": {"Subject": _part(letter.rendered.subject), "Body": _body(letter.rendered)}},
                EmailTags=[
                    {"Name": PROGRAM_TAG, "Value": letter.program_id},
                    {"Name": MAIL_TAG, "Value": letter.mail_id},
                ],
                ConfigurationSetName=self._configuration_set,
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_ERROR:
                raise MailOutcomeUnknown(error.response["Error"]["Code"]) from error
            raise MailRefused(error.response["Error"]["Code"]) from error
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise MailRefused("not reached") from error
        except HTTPClientError as error:
            raise MailOutcomeUnknown("no answer") from error
        return answer["MessageId"]


def _part(text: str) -> "ContentTypeDef":
    return {"Data": text, "Charset": _CHARSET}


def _body(rendered: Rendered) -> "BodyTypeDef":
    body: BodyTypeDef = {"Text": {"Data": rendered.text, "Charset": _CHARSET}}
    if rendered.html is not None:
        body["Html"] = {"Data": rendered.html, "Charset": _CHARSET}
    return body


@cache
def _connect() -> "SESV2Client":
    once = {"total_max_attempts": 1}
    made: SESV2Client = concurrency.client("sesv2", retries=once, connect_timeout=2, read_timeout=10)
    return made


def mailer() -> Mailer:
    """The mailer with this deployment's configuration set."""
    return Mailer(settings().configuration_set)
