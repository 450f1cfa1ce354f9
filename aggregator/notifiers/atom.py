"""A channel's alerts as files for feed readers: an Atom feed, and a JSON Feed beside it. Any web server serves them."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from pydantic import AfterValidator, Field, HttpUrl

from aggregator.alerts.messages import render_message
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, DeliveryKind, DueDelivery, Sent
from aggregator.model.messages import Capabilities, Markup, Message, WhenUnknown
from aggregator.notifiers.alert_feed import (
    AlertFeed,
    Author,
    Entry,
    NotOurFeed,
    Ownership,
    atom_feed,
    clean,
    is_our_atom,
    json_feed,
    read_feed,
    web_address,
)
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

_TEXT_CHARACTERS = 100_000
"""No rule of the formats: it keeps the files, which are written anew with each alert, within bounds."""

_MOST_ENTRIES = 1_000
_HEAD_BYTES = 4_096
_JSON = ".json"
_ENTRY_IDS = UUID("0f6c1d1e-6a3b-5d0c-9a55-6d1f0c3e7b42")
"""The namespace of our entries' ids (RFC 9562 §6.6): a number like any other, and never to be changed."""


def _atom_path(path: Path) -> Path:
    if not path.name or path.suffix == _JSON:
        raise ValueError("not the name of an Atom file; the JSON Feed beside it gets the ending .json")
    return path


class AtomOptions(ChannelOptions):
    """Which files, and how many alerts they hold."""

    path: Annotated[Path, AfterValidator(_atom_path)] = Field(
        description="the Atom file, as public/desk.xml; the JSON Feed is beside it, as public/desk.json"
    )
    entries: int = Field(default=100, ge=1, le=_MOST_ENTRIES, description="how many alerts the files hold at most")
    title: str | None = Field(default=None, description="what readers call the feed, by default after the channel")
    url: HttpUrl | None = Field(
        default=None, description="where readers find the Atom file, once a web server serves its folder"
    )


class AtomPlugin:
    """Opens Atom notifiers."""

    options_model = AtomOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> None:
        """Nothing outside the channel is needed."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> AtomNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for the files of one channel."""
        assert isinstance(options, AtomOptions)  # noqa: S101 - the registry validated it with our model
        return AtomNotifier(options=options, channel=channel)


PLUGIN = AtomPlugin()


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomNotifier:
    """Writes each message into the files. It keeps nothing in memory: what the JSON Feed says is so."""

    options: AtomOptions
    channel: Channel

    @property
    def capabilities(self) -> Capabilities:
        """A repeat takes the place of the first: its id follows from the alert."""
        return Capabilities(
            markup=Markup.HTML,
            text_limit=_TEXT_CHARACTERS,
            caption_limit=_TEXT_CHARACTERS,
            can_edit=True,
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Put an entry for `message` first, and take the oldest out where there are too many.

        A digest is an entry for each alert that it lists, as if that had come alone.

        Raises:
            DeliveryFailed: UNAVAILABLE when the files cannot be written; MISCONFIGURED when they are somebody else's.
        """
        if message.due.delivery.kind is DeliveryKind.DIGEST:
            alone = sorted(message.items, key=lambda item: item.alert.created_at)
            await self._write([_new_entry(self._message_of(item)) for item in alone])
            return Sent()
        entry = _new_entry(message)
        await self._write([entry])
        return Sent(message_id=entry.id)

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of an entry; readers show it as updated.

        Raises:
            DeliveryFailed: MESSAGE_GONE when newer entries have pushed it out; else as `send`.
        """
        now = datetime.now(UTC)
        entry = _entry(message, message_id, published_at=now, updated_at=now)
        await self._write([entry], must_be_there=True)
        return Sent(message_id=entry.id)

    async def close(self) -> None:
        """No file stays open."""

    def _message_of(self, item: DueDelivery) -> Message:
        """Return an alert of a digest as a message of its own."""
        return render_message(
            item,
            self.capabilities,
            timezone=self.channel.timezone,
            sources=item.sources,
            change=item.delivery.change,
        )

    async def _write(self, entries: Sequence[Entry], *, must_be_there: bool = False) -> None:
        def change(feed: AlertFeed) -> AlertFeed:
            for entry in entries:
                if must_be_there and feed.entry(entry.id) is None:
                    raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, "newer alerts have pushed it out of the feed")
                feed = feed.with_entry(entry, self.options.entries)
            return feed

        try:
            await asyncio.to_thread(self._change, change)
        except OSError as error:
            detail = f"cannot write {self.options.path}: {error.strerror or error}"
            raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, detail) from error

    def _change(self, change: Callable[[AlertFeed], AlertFeed]) -> None:
        """Read, change and write under a lock: a reload can leave two notifiers with the same files for a moment."""
        path = self.options.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f".{path.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            feed = change(self._read())
            _replace(path.with_suffix(_JSON), json_feed(feed))
            _replace(path, atom_feed(feed, str(self.options.url) if self.options.url else None))

    def _read(self) -> AlertFeed:
        path = self.options.path
        try:
            feed = read_feed(path.with_suffix(_JSON).read_bytes())
        except FileNotFoundError:
            if path.exists() and not is_our_atom(_head(path)):
                raise self._not_ours(path, "no feed of this program") from None
            feed = self._new()
        except NotOurFeed as error:
            raise self._not_ours(path.with_suffix(_JSON), "no feed of this program") from error
        if feed.ownership.channel != self.channel.id:
            raise self._not_ours(path.with_suffix(_JSON), f"the feed of the channel {feed.ownership.channel!r}")
        head = self._new()
        return feed.model_copy(update={"title": head.title, "feed_url": head.feed_url})

    def _new(self) -> AlertFeed:
        ownership = Ownership(channel=self.channel.id, id=uuid4().urn)
        title = clean(self.options.title or f"Alerts for {self.channel.id}")
        return AlertFeed(title=title, feed_url=self._json_url(), ownership=ownership)

    def _json_url(self) -> str | None:
        """Return where the JSON Feed can be read: beside the Atom file, when that keeps its name."""
        path, url = self.options.path, str(self.options.url)
        return url.removesuffix(path.name) + path.with_suffix(_JSON).name if url.endswith(f"/{path.name}") else None

    def _not_ours(self, path: Path, what: str) -> DeliveryFailed:
        detail = f"{path} is {what}; choose another path, or move that file away"
        return DeliveryFailed(DeliveryFailure.MISCONFIGURED, detail)


def _entry_id(message: Message) -> str:
    """Return the alert's id as a URN; what is more than an alert's first word has one of its own for each text."""
    due = message.due
    if due.delivery.kind is DeliveryKind.NEW:
        return uuid5(_ENTRY_IDS, due.alert.id).urn
    digest = hashlib.blake2b(message.text.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return uuid5(_ENTRY_IDS, f"{due.delivery.id} {digest}").urn


def _new_entry(message: Message) -> Entry:
    due = message.due
    at = due.alert.created_at if due.delivery.kind is DeliveryKind.NEW else due.delivery.created_at
    return _entry(message, _entry_id(message), published_at=at, updated_at=at)


def _entry(message: Message, entry_id: str, *, published_at: datetime, updated_at: datetime) -> Entry:
    article = message.due.article
    return Entry(
        id=entry_id,
        title=" ".join(clean(message.subject or article.title).split()) or "Alert",
        content_html=clean(message.text),
        date_published=published_at,
        date_modified=updated_at,
        url=web_address(article.url),
        image=web_address(message.image_url),
        language=clean(article.language) if article.language else None,
        authors=(Author(name=clean(message.due.feed_title) or article.feed_id),),
        tags=tuple(clean(rule.title) for rule in message.due.alert.rules),
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _replace(path: Path, content: bytes) -> None:
    """Put a whole new file in the place of the old: a reader sees the one or the other."""
    written = path.with_name(f".{path.name}.new")
    with written.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
