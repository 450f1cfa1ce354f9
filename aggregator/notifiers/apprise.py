"""Alerts through any service that Apprise knows (the extra `apprise`), by its address for it.

Apprise says whether a service took a message, and otherwise what it logged. A status in that decides; without one
nobody knows whether the message arrived.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure, ExtraMissing
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, Markup, Message, WhenUnknown
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.headline import below_headline

if TYPE_CHECKING:
    from apprise import AppriseResult, NotifyBase

EXTRA = "apprise"
_DETAIL_CHARACTERS = 200
_STATUS = re.compile(r"\berror=(\d{3})\b")
_ADDRESS_PIECES = re.compile(r"[/:@?&=,]+")
_SHORTEST_SECRET = 4
_REASONS: dict[int, DeliveryFailure] = {
    HTTPStatus.UNAUTHORIZED: DeliveryFailure.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: DeliveryFailure.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND: DeliveryFailure.RECIPIENT_GONE,
    HTTPStatus.GONE: DeliveryFailure.RECIPIENT_GONE,
    HTTPStatus.TOO_MANY_REQUESTS: DeliveryFailure.THROTTLED,
}


class AppriseOptions(ChannelOptions):
    """Which service, and where in it."""

    url: SecretStr = Field(
        description='the service\'s address as Apprise writes it, from "${APPRISE_URL}" (see appriseit.com/services)'
    )


class ApprisePlugin:
    """Opens Apprise notifiers. The library is loaded when a channel uses it (0.4 s)."""

    options_model = AppriseOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:  # noqa: ARG002 - the contract's signature
        """An Apprise channel needs the extra, and an address that Apprise knows."""
        assert isinstance(options, AppriseOptions)  # noqa: S101 - the registry validated it with our model
        if importlib.util.find_spec("apprise") is None:
            return str(ExtraMissing(EXTRA, "channels of type apprise"))
        if _service(options.url.get_secret_value()) is None:
            return (
                "Apprise does not know the address in url: see appriseit.com/services for how each service's is written"
            )
        return None

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> AppriseNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one address."""
        assert isinstance(options, AppriseOptions)  # noqa: S101 - the registry validated it with our model
        return AppriseNotifier(url=options.url, context=context)


PLUGIN = ApprisePlugin()


@dataclass(kw_only=True)
class AppriseNotifier:
    """Sends through one service, in a thread of its own: the library blocks, and cannot be interrupted."""

    url: SecretStr
    context: NotifierContext
    _executor: ThreadPoolExecutor | None = field(default=None, init=False)
    _last: Future[AppriseResult] | None = field(default=None, init=False)

    @property
    def capabilities(self) -> Capabilities:
        """The service's own limit. A repeat is a second message: twice is better than never."""
        return Capabilities(markup=Markup.PLAIN, text_limit=self._service.body_maxlen, when_unknown=WhenUnknown.RETRY)

    async def send(self, message: Message) -> Sent:
        """Send one message. Services give no ids.

        Raises:
            DeliveryFailed: UNAVAILABLE while the message before is still on its way; OUTCOME_UNKNOWN when the library
                does not come back in time, or says that it failed and not with which status.
        """
        if self._last is not None and not self._last.done():
            raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"{self._name} still has the message before this one")
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apprise")
        self._last = self._executor.submit(self._notify, message)
        try:
            async with asyncio.timeout(self.context.send_timeout.total_seconds()):
                result = await asyncio.wrap_future(self._last)
        except TimeoutError as error:
            raise DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, f"{self._name} did not answer in time") from error
        self._check(result)
        return Sent()

    async def edit(self, message_id: str, message: Message) -> Sent:  # noqa: ARG002 - the contract's signature
        """Refuse: Apprise cannot change what it sent.

        Raises:
            DeliveryFailed: MESSAGE_GONE, always.
        """
        raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, "Apprise cannot change a message that was sent")

    async def close(self) -> None:
        """Let go of the thread, which ends with the request that it is at. Idempotent."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _service(self) -> NotifyBase:
        service = _service(self.url.get_secret_value())
        if service is None:
            raise DeliveryFailed(DeliveryFailure.MISCONFIGURED, "Apprise does not know the address in url")
        return service

    @property
    def _name(self) -> str:
        return str(self._service.service_name)

    def _notify(self, message: Message) -> AppriseResult:
        """Send, in the thread. Where the service shows no title, the headline stays in the text."""
        from apprise import Apprise, NotifyFormat  # noqa: PLC0415 - an extra

        has_title = self._service.title_maxlen > 0
        sender = Apprise()
        sender.add(self._service)
        return sender.notify(
            title=message.subject[: self._service.title_maxlen] if has_title else "",
            body=below_headline(message) if has_title else message.text,
            body_format=NotifyFormat.TEXT,
        )

    def _check(self, result: AppriseResult) -> None:
        """Raise what Apprise's result means: it took the message, it failed, or there was nobody to send it to."""
        attempts = [attempt for service in result for attempt in service]
        if not attempts:
            raise DeliveryFailed(DeliveryFailure.MISCONFIGURED, f"Apprise sent nothing to {self._name}")
        if attempts[-1]:
            return
        said = " ".join(" ".join(entry.message for entry in attempts[-1]).split())
        status = _STATUS.search(said)
        reason = DeliveryFailure.OUTCOME_UNKNOWN if status is None else _reason(int(status[1]))
        raise DeliveryFailed(reason, f"{self._name}: {self._masked(said)[:_DETAIL_CHARACTERS] or 'failed'}")

    def _masked(self, text: str) -> str:
        pieces = _ADDRESS_PIECES.split(self.url.get_secret_value())
        for piece in sorted(pieces, key=len, reverse=True):
            if len(piece) >= _SHORTEST_SECRET:
                text = text.replace(piece, "***")
        return text


def _service(url: str) -> NotifyBase | None:
    """Return the service at Apprise's address; None when it knows none such.

    Its own tries again, and its counting of failures as successes (`optional=yes`), are off: the outbox decides.

    Raises:
        ExtraMissing: the extra is not installed.
    """
    try:
        from apprise import Apprise  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(EXTRA, "channels of type apprise") from error
    # Its log can hold addresses with their secrets; what is ours of it comes back with the result.
    logging.getLogger("apprise").propagate = False
    service = Apprise.instantiate(url)
    if service is not None:
        service.retry, service.optional = 0, False
    return service


def _reason(status: int) -> DeliveryFailure:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeliveryFailure.UNAVAILABLE
    return _REASONS.get(status, DeliveryFailure.REJECTED)
