"""Matched words in the text that they stand in."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from aggregator.cli.marked_words import marked_text
from aggregator.model.rules import Field, Span

PIPE = Console(file=StringIO(), width=80)


def spans(text: str, *words: str) -> list[Span]:
    """The places of words in a text."""
    return [
        Span(field=Field.BODY, start=text.index(word), end=text.index(word) + len(word), text=word) for word in words
    ]


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("", (), ""),
        ("Captives are home", (), "Captives are home"),
        ("Captives are home", ("home", "Captives"), "**Captives** are **home**"),
        ("Captives\nare home", ("Captives\nare",), "**Captives are** home"),
        ("Captives are home", ("Captives are", "are"), "**Captives are** home"),
        ("Captives \x1b[2J are\u202e home", ("are",), "Captives [2J **are** home"),
    ],
)
def test_words_are_marked_where_they_stand(text: str, words: tuple[str, ...], shown: str) -> None:
    """On one line, each once, and without what commands a terminal."""
    assert marked_text(text, spans(text, *words), PIPE).plain == shown


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        (
            "word " * 60 + "captives are home " + "word " * 60,
            ("captives", "home"),
            "… @15**captives** are **home** @40word …",
        ),
        ("word " * 100, (), "@59word …"),
        ("one captives " + "word " * 100, ("captives",), "one **captives** @56word …"),
        ("word " * 60 + "captives", ("captives",), "… @15**captives**"),
        ("captives " + "word " * 100 + "home", ("captives", "home"), "**captives** @57word …"),
        ("字" * 500 + "人权" + "字" * 500, ("人权",), f"… {'字' * 80}**人权**{'字' * 218} …"),
        ("字" * 299 + "人权", ("人权",), f"… {'字' * 80}**人权**"),
        ("字" * 400, (), f"{'字' * 300} …"),
    ],
)
def test_a_long_text_is_cut_around_its_first_word(text: str, words: tuple[str, ...], shown: str) -> None:
    """At spaces, where it has some, with a sign where something is left out."""
    expected = re.sub(r"@(\d+)", lambda found: "word " * int(found[1]), shown)

    assert marked_text(text, spans(text, *words), PIPE).plain == expected


@pytest.mark.parametrize(
    ("console", "shown"),
    [
        (Console(file=StringIO(), force_terminal=True), "are home"),
        (Console(file=StringIO(), force_terminal=True, no_color=True), "are **home**"),
    ],
)
def test_a_terminal_without_colour_gets_marks(console: Console, shown: str) -> None:
    """Where colour shows the words, they need none."""
    assert marked_text("are home", spans("are home", "home"), console).plain == shown
