"""Alerts by e-mail, over aiosmtplib: one connection a message, one message to all of a channel's recipients.

The policy where a server takes some recipients and refuses others: what anybody took is not sent to them again. Those
who are refused for good are named in the log, at level error, and the letter counts as sent. Those whom the server
asks to wait for (greylisting, a full mailbox) make the attempt UNAVAILABLE, and the next one goes to them alone, for
as long as this process lives; after a restart it goes to all again, under the same Message-ID.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationInfo, field_validator

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, Markup, Message, WhenUnknown
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.smtp_letter import parse_mailbox, write_letter
from aggregator.notifiers.smtp_session import Refusal, Server, hand_in

_log = structlog.get_logger(__name__)

_TEXT_CHARACTERS = 100_000
"""No rule of SMTP: servers take 10 MB and more, but Gmail hides what of a page is beyond 102 KB."""

_MOST_RECIPIENTS = 100
"""What every server takes for one message (RFC 5321 §4.5.3.1.8)."""

_LETTERS_REMEMBERED = 100


class Security(StrEnum):
    """How the connection is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


def _mailbox(text: str) -> str:
    parse_mailbox(text)
    return text


def _counted(mailboxes: list[str]) -> list[str]:
    if not 0 < len(mailboxes) <= _MOST_RECIPIENTS:
        raise ValueError(f"{len(mailboxes)} recipients")
    return mailboxes


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class EmailOptions(ChannelOptions):
    """The server that takes the letters, who writes them, and who gets them."""

    host: str = Field(description="the mail server that takes letters from you, as smtp.example.org", min_length=1)
    security: Security = Field(
        default=Security.STARTTLS,
        description="starttls (port 587), tls (encrypted from the start, port 465) or none (port 25)",
    )
    port: int | None = Field(default=None, ge=1, le=65535, description="the server's port, where it is another")
    ca_file: FilePath | None = Field(
        default=None, description="the authority of a server with a certificate of its own, in PEM"
    )
    username: str | None = Field(default=None, description="the name to log in with, where the server asks for one")
    password: SecretStr | None = Field(
        default=None, description='its password, as "${SMTP_PASSWORD}"; only over an encrypted connection'
    )
    sender: Mailbox = Field(description="who the letters are from: desk@example.org or Desk <desk@example.org>")
    to: Annotated[list[Mailbox], AfterValidator(_counted)] = Field(
        description=f"who gets them, 1 to {_MOST_RECIPIENTS} addresses in a list; each of them sees the others",
    )

    @field_validator("password")
    @classmethod
    def _stays_secret(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if password and info.data.get("security") is Security.NONE and not _is_local(info.data.get("host", "")):
            raise ValueError("security: none would send the password in the clear")
        return password


class EmailPlugin:
    """Opens e-mail notifiers."""

    options_model = EmailOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:  # noqa: ARG002 - the contract's signature
        """A name to log in with needs its password, and the other way round."""
        assert isinstance(options, EmailOptions)  # noqa: S101 - the registry validated it with our model
        if (options.username is None) != (options.password is None):
            return "type email needs username and password together, or neither"
        return None

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> EmailNotifier:
        """Return a notifier for the channel's recipients."""
        assert isinstance(options, EmailOptions)  # noqa: S101 - the registry validated it with our model
        return EmailNotifier(options=options, context=context, language=channel.language)


PLUGIN = EmailPlugin()


@dataclass(kw_only=True)
class EmailNotifier:
    """Sends each message once to everybody."""

    options: EmailOptions
    context: NotifierContext
    language: str
    _reached: OrderedDict[str, frozenset[str]] = field(default_factory=OrderedDict, init=False)
    """Who has a letter already that others are still to get, by its Message-ID."""

    @property
    def capabilities(self) -> Capabilities:
        """A repeat has the Message-ID of the first: mail stores drop it, or readers show one beside the other."""
        return Capabilities(
            markup=Markup.HTML, text_limit=_TEXT_CHARACTERS, can_reply=True, when_unknown=WhenUnknown.RETRY
        )

    async def send(self, message: Message) -> Sent:
        """Send one message to all recipients who do not have it yet. Its id is the Message-ID.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when the server had the text and gave no answer.
        """
        server = self._server
        sender = parse_mailbox(self.options.sender)
        to = tuple(parse_mailbox(mailbox) for mailbox in self.options.to)
        letter = write_letter(message, sender=sender, to=to, language=self.language, now=datetime.now(UTC))
        reached = self._reached.get(letter.message_id, frozenset())
        addresses = [address.addr_spec for address in to if address.addr_spec not in reached]
        refused = await hand_in(server, letter, sender.addr_spec, addresses, self.context.send_timeout)
        reached |= frozenset(addresses) - {refusal.address for refusal in refused}
        self._settle(letter.message_id, reached, refused)
        return Sent(message_id=letter.message_id)

    async def edit(self, message_id: str, message: Message) -> Sent:  # noqa: ARG002 - the contract's signature
        """Refuse: a letter that was sent is its reader's.

        Raises:
            DeliveryFailed: MESSAGE_GONE, always.
        """
        raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, "an e-mail cannot be changed after it was sent")

    async def close(self) -> None:
        """No connection outlives its message."""

    def _settle(self, message_id: str, reached: frozenset[str], refused: Sequence[Refusal]) -> None:
        """Apply the policy for refused recipients: remember, log, raise."""
        self._reached.pop(message_id, None)
        later = [refusal for refusal in refused if refusal.reason.is_passing]
        if not reached and refused:
            raise _failed((later or refused)[0].reason, refused)
        for refusal in refused:
            if not refusal.reason.is_passing:
                _log.error("recipient_refused", message_id=message_id, address=refusal.address, answer=refusal.answer)
        if later:
            self._reached[message_id] = reached
            while len(self._reached) > _LETTERS_REMEMBERED:
                self._reached.popitem(last=False)
            raise _failed(DeliveryFailure.UNAVAILABLE, later)

    @cached_property
    def _server(self) -> Server:
        options, password = self.options, self.options.password
        return Server(
            host=options.host,
            port=options.port or _PORTS[options.security],
            implicit_tls=options.security is Security.TLS,
            starttls=options.security is Security.STARTTLS,
            tls=None if options.security is Security.NONE else _trusting(options.ca_file),
            username=options.username,
            password=password.get_secret_value() if password else None,
        )


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        detail = f"ca_file {str(ca_file)!r} cannot be used: {error.strerror or error}"
        raise DeliveryFailed(DeliveryFailure.MISCONFIGURED, detail) from error


def _failed(reason: DeliveryFailure, refused: Sequence[Refusal]) -> DeliveryFailed:
    return DeliveryFailed(reason, "; ".join(f"{refusal.address}: {refusal.answer}" for refusal in refused[:3]))


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
