"""Alerts on the console: what is printed, and what happens where nobody looks."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TextIO

import pytest
from support.builders import NOW, article, due, match
from support.notifying import about, digest_of

from aggregator.alerts.messages import render_message
from aggregator.alerts.templates import Template
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import ArticleChange, DeliveryKind, Source
from aggregator.model.ids import FeedId
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


async def test_other_sources_and_changes_are_in_the_box() -> None:
    """Words that an editor took out stand between waves, those put in between stars."""
    stream = io.StringIO()
    item = message().due
    change = ArticleChange(before="Ten freed", after="Twelve freed", gained=("Freed",))
    source = Source(
        feed_id=FeedId("bbc"),
        feed_title="BBC",
        title="As the BBC has it",
        url="https://bbc.example/1",
        published_at=NOW,
    )
    item = replace(item, sources=(source,), delivery=replace(item.delivery, change=change))

    await console(stream).send(Message(text="", due=item))

    printed = stream.getvalue()
    assert "Headline changed: ~~Ten~~ **Twelve** freed" in printed
    assert "Now matches: Freed" in printed
    assert "Also: BBC 12:00 · 2 sources" in printed


async def test_a_digest_is_a_box_with_its_lines() -> None:
    """It is printed as it was made, not as an alert without text and link."""
    stream = io.StringIO()

    await console(stream).send(Message(text="Digest · 3 alerts\n\nSpies\n• [b]One[/b]", due=digest_of(about())))

    lines = [line.strip("│ ") for line in stream.getvalue().splitlines()[1:-1]]
    assert lines == ["Digest · 3 alerts", "", "Spies", "• [b]One[/b]"]


async def test_a_template_says_what_is_in_the_box() -> None:
    """What a template made is printed and nothing else."""
    stream = io.StringIO()
    template = Template("<b>{{ headline }}</b> now")
    made = render_message(message().due, console(stream).capabilities, timezone="UTC", template=template)

    await console(stream).send(made)

    [line] = [line.strip("│ ") for line in stream.getvalue().splitlines()[1:-1]]
    assert line == "Families of captives were called now"


async def test_without_a_link_there_is_no_line_for_it() -> None:
    """A notice leads to a feed or to nothing, and no rule led to it."""
    stream = io.StringIO()
    item = due(article(url="", summary=""))
    item = replace(item, delivery=replace(item.delivery, kind=DeliveryKind.NOTICE))

    await console(stream).send(Message(text="", due=item))

    lines = [line.strip("│ ") for line in stream.getvalue().splitlines()[1:-1]]
    assert lines == ["Families of captives were called", "Local News · 2026-03-01 11:00 UTC"]


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
