"""Channels that cannot work are named before anything is sent; the console prints what it should."""

from __future__ import annotations

import io
from typing import Any

import pytest

from aggregator.errors import DeliveryFailed
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.notifiers import registry
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import check_channel, known_types, open_notifier, open_notifiers, options_models
from aggregator.settings.documents import ChannelDocument


def context(stream: io.StringIO | None = None, token: str | None = None) -> NotifierContext:
    """A process without a token."""
    return NotifierContext(
        console=stream or io.StringIO(), user_agent="t", telegram_token=token, telegram_api_url="http://127.0.0.1:1"
    )


def channel(kind: str, **options: Any) -> Channel:
    """A channel."""
    return Channel(id=ChannelId("c"), type=kind, options=options)


@pytest.mark.parametrize(
    ("made", "path", "words"),
    [
        (channel("telegrm"), ("type",), "unknown channel type 'telegrm'; did you mean 'telegram'?"),
        (channel("telegram"), (), "'chat_id' is missing: the chat's number"),
        (channel("telegram", chat_id=1, topc=2), ("topc",), "did you mean 'topic'?"),
        (channel("telegram", chat_id=1), (), "needs telegram.token"),
        (channel("telegram", chat_id=1, topic="x"), ("topic",), "the topic of a forum group"),
        (channel("webhook", url="nope"), ("url",), "where to post"),
        (channel("console", colour=True), ("colour",), "unknown key 'colour'"),
        (channel("console", max_per_minut=1), ("max_per_minut",), "did you mean 'max_per_minute'?"),
    ],
)
def test_a_channel_that_cannot_work_says_why(made: Channel, path: tuple[str, ...], words: str) -> None:
    """Type, options and what is missing around them are checked without sending anything."""
    [(where, message)] = check_channel(made, context())

    assert where == path
    assert words in message


def test_the_keys_that_every_channel_has_are_known() -> None:
    """A message that lists the keys of a channel leaves none out."""
    [(_, message)] = check_channel(channel("console", colour=True), context())

    assert message.endswith(f"(known: {', '.join(sorted(ChannelDocument.model_fields))})")


def test_good_channels_have_no_problem() -> None:
    """What is complete is accepted, and every type has its options."""
    assert check_channel(channel("telegram", chat_id="-100"), context(token="1:x")) == []
    assert known_types() == sorted(known_types())
    assert {"apprise", "atom", "console", "discord", "email", "matrix", "telegram", "webhook"} <= set(known_types())
    assert set(options_models()) == set(known_types())


def test_a_plugin_that_cannot_be_loaded_is_that_channels_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken third-party package is named; it breaks nothing else."""
    from importlib.metadata import EntryPoint  # noqa: PLC0415 - this test alone

    broken = {
        "gone": EntryPoint("gone", "no_such_package:PLUGIN", "aggregator.notifiers"),
        "odd": EntryPoint("odd", "tests_support_odd:PLUGIN", "aggregator.notifiers"),
    }
    monkeypatch.setattr(registry, "_entry_points", lambda: broken)

    [(_, message)] = check_channel(channel("gone"), context())

    assert "cannot be loaded" in message


def test_opening_what_was_not_checked_is_refused() -> None:
    """A channel with a problem is an error when it is opened all the same."""
    with pytest.raises(DeliveryFailed, match="unknown channel type"):
        open_notifier(channel("nothing"), context())


async def test_disabled_channels_are_not_opened() -> None:
    """Of two channels one is off: only the other has a notifier."""
    off = Channel(id=ChannelId("off"), type="console", enabled=False)

    notifiers = open_notifiers([channel("console"), off], context())
    await notifiers.close()

    assert list(notifiers.by_channel) == ["c"]
