"""One conversation with a mail server: one letter to some recipients, and what became of each."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPResponseException

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.notifiers.smtp_answers import Stage, answer, reason_of
from aggregator.notifiers.smtp_letter import Letter

_FAREWELL = timedelta(seconds=2)
"""For QUIT, after the letter was taken: its answer changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where and how to hand letters in. `username` and `password` come together, or not at all."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A recipient whom the server did not take."""

    address: str
    reason: DeliveryFailure
    answer: str


async def hand_in(
    server: Server, letter: Letter, sender: str, recipients: Sequence[str], patience: timedelta
) -> list[Refusal]:
    """Hand `letter` in for `recipients`; return those who were refused: when it is all of them, nobody has it.

    Raises:
        DeliveryFailed: nobody has it; or OUTCOME_UNKNOWN, when the text was on its way and no answer came.
    """
    conversation = _Conversation(server=server, client=_client(server, patience))
    try:
        async with asyncio.timeout(patience.total_seconds()):
            refused = await conversation.hand_in(letter, sender, recipients)
        await conversation.leave()
    except (SMTPException, OSError) as error:
        raise conversation.failure(error) from error
    finally:
        conversation.client.close()
    return refused


@dataclass(slots=True, kw_only=True)
class _Conversation:
    server: Server
    client: SMTP
    stage: Stage = Stage.CONNECT

    async def hand_in(self, letter: Letter, sender: str, recipients: Sequence[str]) -> list[Refusal]:
        await self.client.connect()
        if self.server.username is not None:
            self.stage = Stage.LOGIN
            await self.client.login(self.server.username, self.server.password or "")
        self.stage = Stage.SENDER
        await self.client.ehlo()
        sized = self.client.supports_extension("size")
        await self.client.mail(sender, options=[f"SIZE={len(letter.content)}"] if sized else [])
        self.stage = Stage.RECIPIENTS
        refused = [refusal for recipient in recipients if (refusal := await self._name(recipient)) is not None]
        if len(refused) < len(recipients):
            self.stage = Stage.DATA
            await self.client.data(letter.content)
        return refused

    async def leave(self) -> None:
        with contextlib.suppress(SMTPException, OSError):
            async with asyncio.timeout(_FAREWELL.total_seconds()):
                await self.client.quit()

    def failure(self, error: SMTPException | OSError) -> DeliveryFailed:
        """Return what went wrong: the order matters, many of the library's errors are of several kinds."""
        where = f"{self.server.host}:{self.server.port}"
        if isinstance(error, SMTPResponseException):
            reason = reason_of(self.stage, error.code, error.message)
            return DeliveryFailed(reason, f"{where} said: {answer(error.code, error.message)}")
        if not isinstance(error, OSError):
            advice = "check security, username and password"
            return DeliveryFailed(DeliveryFailure.MISCONFIGURED, f"{where}: {error}; {advice}")
        if self.stage is Stage.DATA:
            detail = f"{where} had the text and gave no answer: {_named(error)}"
            return DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, detail)
        return DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"{where} cannot be reached: {_named(error)}")

    async def _name(self, recipient: str) -> Refusal | None:
        try:
            await self.client.rcpt(recipient)
        except SMTPRecipientRefused as error:
            reason = reason_of(self.stage, error.code, error.message)
            return Refusal(address=recipient, reason=reason, answer=answer(error.code, error.message))
        return None


def _named(error: OSError) -> str:
    return str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)


def _client(server: Server, timeout: timedelta) -> SMTP:
    return SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.implicit_tls,
        start_tls=server.starttls,
        tls_context=server.tls,
        timeout=timeout.total_seconds(),
    )
