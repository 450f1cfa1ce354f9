"""The terms of an article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import article

from aggregator.stories.terms import FIGURE, IDENTIFIER, MOST_TERMS, SMALL, TELLING_FIGURE, WEAK, read_terms


def kinds(title: str, text: str = "") -> dict[str, int]:
    """The terms of an article, and what each is."""
    terms = read_terms(article(title=title, summary=text))
    return dict(zip(terms.words, terms.kinds, strict=True))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("3-1", "3:1"),
        ("1,200,300", "1.200.300"),
        ("1\u00a0200", "1200"),
        ("6,1", "6.1"),
        ("cve-2026-21007", "CVE-2026-21007"),
        ("３００", "300"),
        ("12-річна", "12 річна"),
    ],
)
def test_figures_are_the_same_in_all_ways_of_writing(written: str, same: str) -> None:
    """Separators, width and case do not count."""
    assert kinds(written) == kinds(same)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("7", FIGURE | SMALL),
        ("34", FIGURE | TELLING_FIGURE | SMALL),
        ("2.25", FIGURE | TELLING_FIGURE),
        ("81.000", FIGURE | TELLING_FIGURE),
        ("18.3.1rc2", FIGURE | TELLING_FIGURE),
        ("4:2", FIGURE | TELLING_FIGURE),
        ("F-16", 0),
        ("CVE-2026-21007", IDENTIFIER),
        ("Tuesday", WEAK),
        ("Kestrel", 0),
    ],
)
def test_what_a_term_is(written: str, kind: int) -> None:
    """Figures, identifiers and weak words are known by their shape."""
    assert list(kinds(written).values()) == [kind]


def test_scripts_without_spaces_are_read_in_pairs() -> None:
    """Chinese, Japanese and Thai words are not known, their pairs of characters are."""
    assert list(kinds("東京都 地震")) == ["東京", "京都", "地震"]
    assert list(kinds("ไฟ")) == ["ไฟ"]


def test_marks_do_not_break_words() -> None:
    """Arabic vowel points are left out, Hindi vowel signs stay with their word."""
    assert kinds("كِتَاب") == kinds("كتاب")
    assert len(kinds("दिल्ली में")) == 2


def test_terms_of_the_title_come_first() -> None:
    """A term of title and text counts as one of the title."""
    terms = read_terms(article(title="Kestrel 7", summary="Norvane 61 buys Kestrel CVE-2026-21007"))

    assert terms.title == terms.words[:2]
    assert terms.title_figures() == {"7"}
    assert terms.telling_figures == ("61",)
    assert terms.identifiers == ("cve-2026-21007",)


@pytest.mark.parametrize("text", ["word%d " * 9, "東京都地震" * 9, "1,2" * 9, "-" * 9, "a" * 9, "'", "\u0301", "ﷺ"])
def test_a_huge_text_costs_no_more_than_its_beginning(text: str) -> None:
    """Of a megabyte, at most `MOST_TERMS` terms are kept."""
    huge = text * (1_000_000 // len(text))

    terms = read_terms(article(title=huge, summary=huge))

    assert len(terms.words) <= MOST_TERMS


def test_a_long_title_leaves_room_for_the_text() -> None:
    """A third of the terms is the text's."""
    title, text = (" ".join(f"{letter}{number}x" for number in range(100, 200)) for letter in "kt")

    terms = read_terms(article(title=title, summary=text))

    assert len(terms.words) == MOST_TERMS
    assert len(terms.title) == MOST_TERMS * 2 // 3


@given(st.text(), st.text())
def test_any_text_has_terms(title: str, text: str) -> None:
    """Nothing that can be written breaks reading, and each term is there once."""
    terms = read_terms(article(title=title, summary=text))

    assert len(set(terms.words)) == len(terms.words) == len(terms.kinds)
