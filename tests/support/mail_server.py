"""A real mail server on loopback (aiosmtpd), with the refusals of the servers that people have."""

from __future__ import annotations

import asyncio
import logging
import ssl
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A letter that the server took."""

    sender: str
    recipients: tuple[str, ...]
    letter: EmailMessage
    content: bytes
    was_encrypted: bool
    was_logged_in: bool


@dataclass(slots=True, kw_only=True)
class MailServer:
    """The server. The answers are what it says instead of `250 OK`, and `greylisted` whom it lets in the second time.

    `falls_silent` has it take the text and say nothing, `hangs_up` take the text and close the connection.
    """

    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    login: tuple[str, str] | None = None
    size_limit: int = 10_000_000
    sender_answer: str = OK
    recipient_answers: dict[str, str] = field(default_factory=dict)
    greylisted: set[str] = field(default_factory=set)
    data_answer: str = OK
    falls_silent: bool = False
    hangs_up: bool = False
    arrived: list[Arrived] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _connections: list[SMTP] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connection, "127.0.0.1", 0, ssl=self.tls if self.implicit_tls else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()
            task = connection._handler_coroutine
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await self._server.wait_closed()

    def _connection(self) -> SMTP:
        starttls = None if self.implicit_tls else self.tls
        with warnings.catch_warnings():
            # It warns of passwords in the clear; where TLS is there from the start, it does not know of it.
            warnings.simplefilter("ignore", UserWarning)
            connection = SMTP(
                self,
                hostname="mail.example",
                data_size_limit=self.size_limit,
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_required=self.login is not None,
                auth_require_tls=False,
                auth_exclude_mechanism=[] if self.login else ["LOGIN", "PLAIN"],
                authenticator=self._authenticate,
                loop=asyncio.get_running_loop(),
            )
        self._connections.append(connection)
        return connection

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.login, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.greylisted:
            self.greylisted.discard(address)
            return "450 4.2.0 Greylisted, please try again in 300 seconds"
        if address in self.recipient_answers:
            return self.recipient_answers[address]
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(server.transport, asyncio.Transport)
        assert isinstance(envelope.content, bytes)
        if self.data_answer != OK:
            return self.data_answer
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.arrived.append(
            Arrived(
                sender=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                letter=letter,
                content=envelope.content,
                was_encrypted=session.ssl is not None or self.implicit_tls,
                was_logged_in=bool(session.authenticated),
            )
        )
        if self.hangs_up:
            server.transport.abort()
        if self.falls_silent:
            await asyncio.get_running_loop().create_future()
        return OK
