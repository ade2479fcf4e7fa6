"""A message as an e-mail (pure): plain text, and HTML that is readable in light and dark.

Messages of an episode have one root in References, by which readers of mail thread them; the id of each is that of the
message, so that one that comes twice is recognised. Texts may come from hostile events: in HTML all are escaped, and
headers have no control characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.utils import format_datetime, formataddr

from django.core.mail import EmailMultiAlternatives

from detections.alerts.channels.email_html import html_of
from detections.alerts.channels.messages import MessageFacts, render
from detections.alerts.channels.notification import Notification

NAME = "opsconsole"
SUBJECT = 200  # characters; a headline has 150


def email_message(
    notification: Notification, message_id: str, sender: str, receivers: Sequence[str], now: datetime
) -> EmailMultiAlternatives:
    """The message; `message_id` is equal for each attempt. Raises ValueError for an address that no header takes."""
    facts = notification.facts
    domain = sender.rpartition("@")[2]
    root = f"<{notification.key}@{domain}>"
    headers = {
        "Message-ID": f"<{message_id}@{domain}>",
        "Date": format_datetime(now),
        "Auto-Submitted": "auto-generated",  # RFC 3834: no automatic answers
        "X-Auto-Response-Suppress": "All",  # and none of Exchange, which does not know it
        "Precedence": "bulk",
        **_of_kind(facts, root),
    }
    message = EmailMultiAlternatives(
        _encoded(subject_of(facts)), render(facts).text, formataddr((NAME, sender)), list(receivers), headers=headers
    )
    message.encoding = _quoted_printable()
    message.attach_alternative(html_of(facts), "text/html")
    return message


def _quoted_printable() -> Charset:
    """UTF-8 in ASCII: not every server on the way takes 8 bits, and one that encodes them breaks signatures (DKIM)."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset


def subject_of(facts: MessageFacts) -> str:
    """The headline in one line."""
    printable = "".join(sign for sign in render(facts).headline if unicodedata.category(sign) not in {"Cc", "Cs"})
    return " ".join(printable.split())[:SUBJECT]


def _encoded(subject: str) -> str:
    """As encoded words of which the first fits beside the header's name; Django would begin it with an empty line."""
    plain = subject.isascii() and "=?" not in subject
    return subject if plain else Header(subject, "utf-8", header_name="Subject").encode(linesep="")


def _of_kind(facts: MessageFacts, root: str) -> dict[str, str]:
    """An episode's messages refer to its root, which is no message of its own: whichever comes first, or is lost, they
    are one thread. A summary stands by itself and says where one leaves it."""
    if facts.get("kind") == "summary":
        url = facts.get("url", "")
        return {"List-Unsubscribe": f"<{url}#who-gets-it>"} if url.startswith(("https://", "http://")) else {}
    threaded = {} if facts.get("kind") == "test" else {"References": root, "In-Reply-To": root}
    return threaded | ({"Importance": "high"} if facts.get("severity") == "critical" else {})
