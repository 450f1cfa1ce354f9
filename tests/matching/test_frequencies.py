"""How common words are: figures of the table that ships, and what is said of words that it does not have."""

from __future__ import annotations

import pytest

from aggregator.matching.frequencies import STOP_ZIPF, is_common, words_of, zipf
from aggregator.matching.text import fold, is_joined

LANGUAGES = ("en", "uk", "ru", "de", "es", "fr", "pl", "it", "pt", "nl", "ar", "zh")


@pytest.mark.parametrize(
    ("language", "common", "rarer"),
    [
        ("en", "the", "prisoner"),
        ("uk", "та", "полонених"),
        ("ru", "и", "заключенных"),
        ("de", "und", "gefangenen"),
        ("es", "que", "prisioneros"),
        ("fr", "les", "prisonniers"),
        ("pl", "nie", "wiezniow"),
        ("zh", "的", "狱"),
    ],
)
def test_a_common_word_is_told_from_a_rarer_one(language: str, common: str, rarer: str) -> None:
    """What says nothing stands above the line, what an alert may ask for far below it."""
    figures = [zipf(word, language) for word in (common, rarer)]

    assert figures[0] >= 7
    assert 0 < figures[1] < 5.5
    assert is_common(common, language)
    assert not is_common(rarer, language)


def test_a_word_that_the_table_does_not_have_has_no_frequency() -> None:
    """Neither a rare word, nor one of a language without a table, nor nothing at all."""
    assert [zipf("xylophagous"), zipf("xylophagous", "en"), zipf("the", "tlh"), zipf("")] == [0.0, 0.0, 0.0, 0.0]


def test_without_a_language_a_word_is_as_common_as_where_it_is_commonest() -> None:
    """The German article is a rare verb in English."""
    assert zipf("die", "en") < zipf("die", "de") == zipf("die")


def test_the_line_belongs_to_what_is_common() -> None:
    """A word that stands exactly at it says nothing."""
    at_the_line = next(word for word, figure in words_of("en").items() if figure == STOP_ZIPF)

    assert is_common(at_the_line, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_table_is_folded_and_has_a_figure(language: str) -> None:
    """The table was made with our own folding, and each language has words enough to tell common from rare."""
    words = words_of(language)

    assert len(words) >= 2000
    assert [word for word in words if fold(word) != word] == []
    assert all(3 < figure < 8 for figure in words.values())
    assert all(is_joined(word) == (language == "zh") for word in words)


def test_a_language_without_a_table_has_no_words() -> None:
    """It is not an error to ask."""
    assert dict(words_of("tlh")) == {}
