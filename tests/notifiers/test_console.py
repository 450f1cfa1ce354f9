"""Alerts on the console: what is printed, and what happens where nobody looks."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import TextIO

import pytest
from support.builders import article, due, match

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.messages import Message
from aggregator.model.rules import Field
from aggregator.notifiers.console import ConsoleNotifier


def console(stream: TextIO, patience: timedelta = timedelta(milliseconds=50)) -> ConsoleNotifier:
    """A notifier that prints to `stream`."""
    return ConsoleNotifier(stream=stream, timezone="UTC", patience=patience)


def message(text: str = "Relatives of captives were asked") -> Message:
    """An alert in which one word is marked."""
    subject = article(summary=text)
    return Message(text="", due=due(subject, match(subject, "r1", (Field.SUMMARY, "captives"))))


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe: where to read, and what to write to."""
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w", encoding="utf-8")
    yield reading, stream
    stream.close()
    os.close(reading)


async def test_an_alert_is_a_box_with_the_words_marked() -> None:
    """What is no terminal gets the alert with its words between stars."""
    stream = io.StringIO()

    await console(stream).send(message())

    printed = stream.getvalue()
    assert "Relatives of **captives** were asked" in printed
    assert "https://news.example/a1" in printed
    assert "Local News · 2026-03-01 11:00 UTC" in printed


async def test_a_closed_console_may_come_back() -> None:
    """Writing to a stream that is closed is a failure, not a crash."""
    stream = io.StringIO()
    notifier = console(stream)
    stream.close()

    with pytest.raises(DeliveryFailed, match="cannot write to the console"):
        await notifier.send(message())


async def test_a_long_alert_goes_through_a_pipe_whole(pipe: tuple[int, TextIO]) -> None:
    """It is written in pieces, none of them lost, letters of several bytes included."""
    reading, stream = pipe

    await console(stream).send(message(f"captives {'полонені ' * 300}"))

    printed = os.read(reading, 1 << 16).decode()
    assert printed.count("полонені") == printed.count("полонен")
    assert printed.startswith("╭")
    assert printed.endswith("╯\n")


async def test_a_pipe_that_nobody_reads_is_a_failure_in_time(pipe: tuple[int, TextIO]) -> None:
    """The write is given up instead of waiting for ever; when somebody reads again, the alert is printed."""
    reading, stream = pipe
    os.set_blocking(stream.fileno(), False)
    filled = 0
    try:
        while True:
            filled += os.write(stream.fileno(), b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(stream.fileno(), True)

    with pytest.raises(DeliveryFailed, match="nobody has read from it") as failed:
        await console(stream).send(message())
    while filled:
        filled -= len(os.read(reading, filled))
    await console(stream).send(message())

    assert failed.value.reason is DeliveryFailure.UNAVAILABLE
    assert "captives" in os.read(reading, 1 << 16).decode()
