"""Alerts as push notifications through ntfy, at ntfy.sh or a server of one's own."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, HttpUrl, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, LengthUnit, Markup, Message, RateLimit, WhenUnknown
from aggregator.model.rules import Priority
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.headline import below_headline
from aggregator.notifiers.http import Answer, ServiceClient, failure_of, fingerprint

_TEXT_UNITS = 4_096 // 3
"""A message is at most 4,096 bytes, or it becomes a file (docs.ntfy.sh/publish, "Limitations"); a UTF-16 code unit is
at most 3 bytes."""

_TITLE_CHARACTERS = 250
"""At most 1 KB, from version 2.28 on (its release notes)."""

_PRIORITIES = {Priority.LOW: 2, Priority.NORMAL: 3, Priority.HIGH: 4, Priority.URGENT: 5}
_QUIET = 2
"""Neither sound nor vibration (docs.ntfy.sh/publish, "Message priority")."""

_REQUESTS = (60, timedelta(minutes=5))
"""60 requests at once, and one more each 5 s (docs.ntfy.sh/publish, "Limitations")."""

_PUBLIC_HOST = "ntfy.sh"
_PUBLIC_A_DAY = 250
"""Messages a day at ntfy.sh without an account that is paid for (the same page)."""

_IMAGE_CODES = frozenset({40013, 40014, 41301})
_TOPIC_CODES = frozenset({40009, 40010})
_TOPIC = re.compile("[-_A-Za-z0-9]{1,64}")


def _topic(value: SecretStr) -> SecretStr:
    if _TOPIC.fullmatch(value.get_secret_value()) is None:
        raise ValueError("not a topic: at most 64 letters, digits, - and _")
    return value


class NtfyOptions(ChannelOptions):
    """Which topic, and on which server."""

    server: HttpUrl = Field(default=HttpUrl("https://ntfy.sh"), description="the server, as https://ntfy.example.org")
    topic: Annotated[SecretStr, AfterValidator(_topic)] = Field(
        description='the topic, as "${NTFY_TOPIC}": whoever knows its name can read it where it needs no account'
    )
    token: SecretStr | None = Field(
        default=None, description='an access token (tk_…) that may write to the topic, as "${NTFY_TOKEN}"'
    )
    tags: list[Annotated[str, Field(pattern="^[^,\\s]{1,50}$")]] = Field(
        default=[], max_length=10, description="tags of every notification; names of emoji are shown as such: newspaper"
    )
    updates: bool = Field(
        default=False,
        description="true changes a notification in place when its alert changes; the server must be 2.16 or newer",
    )


class NtfyPlugin:
    """Opens ntfy notifiers."""

    options_model = NtfyOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> None:
        """Nothing outside the channel is needed."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> NtfyNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one topic."""
        assert isinstance(options, NtfyOptions)  # noqa: S101 - the registry validated it with our model
        secrets = [options.topic.get_secret_value()]
        if options.token is not None:
            secrets.append(options.token.get_secret_value())
        client = ServiceClient(service="ntfy", context=context, secrets=tuple(secrets))
        return NtfyNotifier(options=options, client=client)


PLUGIN = NtfyPlugin()


@dataclass(slots=True, kw_only=True)
class NtfyNotifier:
    """Publishes to one topic, as JSON."""

    options: NtfyOptions
    client: ServiceClient

    @property
    def capabilities(self) -> Capabilities:
        """A repeat has the sequence id of the first and takes its place; servers before 2.16 notify twice.

        Twice is better than never. An image is fetched by the reader's phone.
        """
        return Capabilities(
            markup=Markup.PLAIN,
            text_limit=_TEXT_UNITS,
            length_unit=LengthUnit.UTF16_UNITS,
            caption_limit=_TEXT_UNITS,
            can_edit=self.options.updates,
            limits=self._limits(),
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Publish one message. Its id is its sequence id.

        Raises:
            DeliveryFailed: IMAGE_REFUSED when the server does not take the image's address.
        """
        digest = hashlib.blake2b(message.text.encode("utf-8", "replace"), digest_size=5).hexdigest()
        sequence_id = f"{message.due.delivery.id}-{digest}"
        await self._publish(message, sequence_id, _PRIORITIES[message.due.alert.priority])
        return Sent(message_id=sequence_id)

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of one that was sent, without a sound.

        ntfy does not say whether anybody still has the first: who dismissed it sees the new one.
        """
        await self._publish(message, message_id, _QUIET)
        return Sent(message_id=message_id)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.client.close()

    async def _publish(self, message: Message, sequence_id: str, priority: int) -> None:
        token = self.options.token
        answer = await self.client.ask_json(
            str(self.options.server),
            self._document(message) | {"sequence_id": sequence_id, "priority": priority},
            token=token.get_secret_value() if token else None,
        )
        if not answer.is_success:
            raise _failure(answer, has_image=message.image_url is not None)
        if not isinstance(answer.document.get("id"), str):
            raise DeliveryFailed(DeliveryFailure.MISCONFIGURED, "it answered as no ntfy server does; check server")

    def _document(self, message: Message) -> dict[str, object]:
        """Return the fields of docs.ntfy.sh/publish, "Publish as JSON"; a digest leads to no single article."""
        document: dict[str, object] = {
            "topic": self.options.topic.get_secret_value(),
            "title": message.subject[:_TITLE_CHARACTERS],
            "message": below_headline(message),
            "tags": self.options.tags,
        }
        url = message.due.article.url
        if not message.items and url.startswith(("https://", "http://")):
            document["click"] = url
        if message.image_url is not None:
            document["attach"] = message.image_url
        return document

    def _limits(self) -> tuple[RateLimit, ...]:
        host, token = str(self.options.server.host), self.options.token
        scope = f"ntfy:{host}" if token is None else f"ntfy:{host}:{fingerprint(token.get_secret_value())}"
        count, period = _REQUESTS
        limits = [RateLimit(scope=scope, count=count, period=period)]
        if host == _PUBLIC_HOST and token is None:
            limits.append(RateLimit(scope=scope, count=_PUBLIC_A_DAY, period=timedelta(days=1)))
        return tuple(limits)


def _failure(answer: Answer, *, has_image: bool) -> DeliveryFailed:
    """Map ntfy's own codes (server/errors.go), or else the status alone."""
    code = answer.document.get("code")
    detail = f"ntfy answered {answer.status}: {answer.text}"
    if has_image and code in _IMAGE_CODES:
        return DeliveryFailed(DeliveryFailure.IMAGE_REFUSED, detail)
    if code in _TOPIC_CODES:
        return DeliveryFailed(DeliveryFailure.MISCONFIGURED, f"{detail}; check topic")
    return failure_of(answer, "ntfy")
