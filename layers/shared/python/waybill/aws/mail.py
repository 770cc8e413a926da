"""SES: mails in plain text, each to one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from waybill.aws.failures import code_of, translated
from waybill.core.errors import PermanentError, TransientError
from waybill.core.mail import mailbox

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_PAUSED = {"AccountSuspendedException", "SendingPausedException"}
_REFUSED = {"BadRequestException", "MailFromDomainNotVerifiedException", "MessageRejected", "NotFoundException"}


class SesMails:
    """`sender` is an address of an identity that SES has verified. What SES says of a refusal goes to nobody: it names the
    account's identities.
    """

    def __init__(self, client: SESV2Client, sender: str) -> None:
        self._client, self._sender = client, mailbox("Waybill", sender)

    def send(self, to: str, subject: str, text: str, notice_id: str) -> None:
        with translated("sending a mail"):
            try:
                self._client.send_email(
                    FromEmailAddress=self._sender,
                    Destination={"ToAddresses": [to]},
                    Content={
                        "Simple": {
                            "Subject": {"Data": subject, "Charset": "UTF-8"},
                            "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                            # Automatic, so that nobody's absence note answers it (RFC 3834).
                            "Headers": [
                                {"Name": "Auto-Submitted", "Value": "auto-generated"},
                                {"Name": "X-Auto-Response-Suppress", "Value": "All"},
                                {"Name": "X-Waybill-Notice", "Value": notice_id},
                            ],
                        }
                    },
                )
            except ClientError as error:
                code = code_of(error)
                if code in _PAUSED:
                    said = f"The platform's mail service is paused ({code})."
                    raise TransientError(said, "The operator must look at SES.") from error
                if code not in _REFUSED:
                    raise
                said = f"The mail service refused the mail ({code})."
                advice = "Check the address; if it is right, the platform's operator must look at SES."
                raise PermanentError(said, advice) from error
