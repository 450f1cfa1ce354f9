"""An alert as an e-mail: the headers and the two parts of it. Nothing that a title holds can add or end a header."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from aggregator.model.alerts import DeliveryKind
from aggregator.model.messages import Message
from aggregator.model.rules import Priority

_MAILBOX = re.compile(
    r"(?:(?P<name>[^<>]*)<)?(?P<address>[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-z0-9-]+\.)*[a-z0-9-]+)(?(name)>)",
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"<[a-z0-9.-]+@[a-z0-9.-]+>", re.IGNORECASE)
_NOT_LABEL = re.compile("[^a-z0-9]+")
_POLICY = SMTP.clone(cte_type="7bit")
"""Every server takes 7-bit lines of 78 characters; longer or wider ones are encoded (RFC 5321 §4.5.3.1.6)."""

_SUBJECT_CHARACTERS = 250
_IMPORTANCE = {Priority.LOW: "low", Priority.NORMAL: "normal", Priority.HIGH: "high", Priority.URGENT: "high"}
_THREADED = frozenset({DeliveryKind.NEW, DeliveryKind.UPDATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An e-mail as it goes over the wire. `message_id` is the same for the same delivery with the same text."""

    message_id: str
    content: bytes


def parse_mailbox(text: str) -> Address:
    """Return the name and the address in `name@example.org` or `Name <name@example.org>`.

    Raises:
        ValueError: it is neither. Addresses are ASCII: a domain of other letters is written as `xn--…`.
    """
    match = _MAILBOX.fullmatch(text.strip())
    if match is None or not text.isprintable():
        raise ValueError(f"{text!r} is no address; write name@example.org or Name <name@example.org>")
    name = (match["name"] or "").strip().strip('"')
    try:
        return Address(display_name=one_line(name), addr_spec=match["address"])
    except Exception as error:  # the parser raises many kinds, all of them about this address
        raise ValueError(f"{text!r} is no address: {error}") from error


def write_letter(message: Message, *, sender: Address, to: tuple[Address, ...], language: str, now: datetime) -> Letter:
    """Write the e-mail: threads by story (RFC 5322 §3.6.4), says that a program wrote it (RFC 3834 §5).

    The id is `message`'s delivery and text, so that a repeat is recognised; every page of a digest has its own.
    """
    due = message.due
    domain = sender.domain.lower()
    digest = hashlib.blake2b(_clean(message.text).encode(), digest_size=5).hexdigest()
    letter = EmailMessage(policy=_POLICY)
    letter["Message-ID"] = message_id = f"<{due.delivery.id}.{digest}@{domain}>"
    letter["Date"] = format_datetime(now)
    letter["From"] = sender
    letter["To"] = to
    letter["Subject"] = one_line(message.subject or due.article.title)[:_SUBJECT_CHARACTERS].strip() or "Alert"
    label = _NOT_LABEL.sub("-", due.delivery.channel_id.lower()).strip("-") or "channel"
    letter["List-Id"] = f"<{label}.alerts.{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["Importance"] = _IMPORTANCE[due.alert.priority]
    for name, value in _thread(message, domain):
        letter[name] = value
    letter.set_content(_clean(message.plain or due.article.title))
    letter.add_alternative(_page(message.text, language), subtype="html")
    return Letter(message_id=message_id, content=letter.as_bytes())


def one_line(text: str) -> str:
    """Return `text` on one line that a header can hold: `=?` would be read as the start of an encoded word."""
    printable = "".join(sign if sign.isprintable() or _joins(sign) else " " for sign in _clean(text))
    return " ".join(printable.split()).replace("=?", "= ?")


def _joins(sign: str) -> bool:
    return sign in "\u200c\u200d"


def _clean(text: str) -> str:
    """Return `text` without halves of characters, which no encoding can write."""
    return text.encode("utf-8", "replace").decode()


def _thread(message: Message, domain: str) -> list[tuple[str, str]]:
    """Return the headers that put the letter in its story's thread.

    All letters of a story refer to one id that no letter has: readers build threads by common references.
    """
    if message.due.delivery.kind not in _THREADED:
        return []
    references = [f"<story.{message.due.alert.story_id}@{domain}>"]
    if message.reply_to is None or _MESSAGE_ID.fullmatch(message.reply_to) is None:
        return [("References", references[0])]
    return [("In-Reply-To", message.reply_to), ("References", " ".join([*references, message.reply_to]))]


def _page(body: str, language: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"></head>\n'
        f"<body>{_clean(body)}</body></html>\n"
    )
