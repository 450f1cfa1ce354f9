"""What notifiers over HTTP do alike: ask in time, read a limited answer, and fail with the one error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

import aiohttp
from aiohttp import hdrs
from pydantic import AfterValidator, HttpUrl, SecretStr, TypeAdapter, ValidationError

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.retry_after import parse_retry_after
from aggregator.notifiers.contract import NotifierContext

MAX_ANSWER_BYTES = 64 * 1024
_DETAIL_CHARACTERS = 200
_JSON = "application/json; charset=utf-8"
_URL = TypeAdapter(HttpUrl)


def _web_address(value: SecretStr) -> SecretStr:
    try:
        return SecretStr(str(_URL.validate_python(value.get_secret_value())))
    except ValidationError:
        raise ValueError("not a web address") from None


SecretUrl = Annotated[SecretStr, AfterValidator(_web_address)]
"""An http or https address that is itself a secret: who has it can post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service said: its status, its headers (in any case), and no more than `MAX_ANSWER_BYTES` of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def text(self) -> str:
        """The beginning of the body on one line, for people."""
        return shown(self.body[: 4 * _DETAIL_CHARACTERS].decode("utf-8", "replace"))

    @property
    def document(self) -> Mapping[str, object]:
        """The JSON object that the body is; an empty one when it is anything else."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def retry_after(self) -> timedelta | None:
        """What the Retry-After header asks for."""
        return parse_retry_after(self.headers.get(hdrs.RETRY_AFTER), datetime.now(UTC))


@dataclass(slots=True, kw_only=True)
class ServiceClient:
    """Asks one service, over connections of its own: a slow service holds no other channel.

    `service` is its name in what failures say. `secrets` are struck out of what it answers, in case it repeats them.
    """

    service: str
    context: NotifierContext
    secrets: tuple[str, ...] = field(default=(), repr=False)
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def ask_json(
        self, url: str, document: Mapping[str, object], *, method: str = hdrs.METH_POST, token: str | None = None
    ) -> Answer:
        """Ask with `document` as the body, and `token` as the bearer's, when there is one.

        Raises:
            DeliveryFailed: as `ask` does.
        """
        headers: dict[str, str] = {} if token is None else {hdrs.AUTHORIZATION: f"Bearer {token}"}
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        return await self.ask(url, body, method=method, headers=headers)

    async def ask(
        self, url: str, body: bytes, *, method: str = hdrs.METH_POST, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask with JSON that is written already. A redirect is an answer like any other: it is not followed.

        Raises:
            DeliveryFailed: UNAVAILABLE when no connection came about, within half of the send timeout; OUTCOME_UNKNOWN
                when no answer came in time, or the connection broke before one did.
        """
        try:
            async with self._open_session().request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return Answer(
                    status=response.status, headers=response.headers, body=self._masked(await _beginning(response))
                )
        except (TimeoutError, aiohttp.ClientError) as error:
            # Without the cause: aiohttp's errors hold the address, and the address can be a secret.
            raise self._failed(error) from None

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            seconds = self.context.send_timeout.total_seconds()
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=seconds, connect=seconds / 2),
                cookie_jar=aiohttp.DummyCookieJar(),
                # Nothing is unpacked, so that the limit of the answer holds.
                auto_decompress=False,
                headers={
                    hdrs.CONTENT_TYPE: _JSON,
                    hdrs.USER_AGENT: self.context.user_agent,
                    hdrs.ACCEPT_ENCODING: "identity",
                },
            )
        return self._session

    def _failed(self, error: TimeoutError | aiohttp.ClientError) -> DeliveryFailed:
        """Tell what was surely not sent from what may have arrived."""
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"cannot connect to {self.service} in time")
        if isinstance(error, TimeoutError):
            return DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, f"{self.service} did not answer in time")
        if isinstance(error, aiohttp.ClientConnectorError):
            return DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"cannot connect: {error.strerror or error}")
        told = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
        return DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, f"the connection broke: {shown(told)}")

    def _masked(self, body: bytes) -> bytes:
        for secret in self.secrets:
            body = body.replace(secret.encode(), b"***")
        return body


def failure_of(answer: Answer, service: str) -> DeliveryFailed:
    """Return what an answer that is no success means by its status alone (RFC 9110 §15)."""
    detail = f"{service} answered {answer.status}: {answer.text}"
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return DeliveryFailed(DeliveryFailure.THROTTLED, detail, retry_after=answer.retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeliveryFailed(DeliveryFailure.UNAVAILABLE, detail, retry_after=answer.retry_after)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return DeliveryFailed(DeliveryFailure.UNAUTHORIZED, detail)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return DeliveryFailed(DeliveryFailure.RECIPIENT_GONE, detail)
    return DeliveryFailed(DeliveryFailure.REJECTED, detail)


def shown(text: str) -> str:
    """Return the beginning of `text` on one line."""
    return " ".join(text.split())[:_DETAIL_CHARACTERS]


def fingerprint(secret: str) -> str:
    """Return a name for a secret that tells nothing of it, and is the same after a restart: for `RateLimit.scope`."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def webhook_or_bot(kind: str, *, has_webhook: bool, bot: Mapping[str, bool]) -> str | None:
    """Return what keeps a channel from being either a webhook or a bot; None when it is the one or the other.

    `bot` are the keys that a bot needs, and whether each is there.
    """
    keys = list(bot)
    named = f"{', '.join(keys[:-1])} and {keys[-1]}"
    if has_webhook and any(bot.values()):
        return f"type {kind} takes webhook_url, or {named}, not both: say what it is to be"
    if has_webhook or all(bot.values()):
        return None
    if any(bot.values()):
        lacking = " and ".join(key for key in keys if not bot[key])
        return f"type {kind} as a bot needs {named}: there is no {lacking}"
    return f"type {kind} needs webhook_url, or {named}"


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """Read the body up to the limit, however many pieces it comes in."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) >= MAX_ANSWER_BYTES:
            response.close()
            break
    return bytes(body[:MAX_ANSWER_BYTES])
