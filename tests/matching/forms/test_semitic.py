"""Arabic and Hebrew words with prepositions and articles on their front."""

from __future__ import annotations

import pytest

from aggregator.matching.forms.semitic import semitic_forms


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("سجن", "والسجن"),
        ("سجن", "للسجن"),
        ("سجن", "بسجن"),
        ("السجن", "سجن"),
        ("السجن", "وبالسجن"),
        ("للسجن", "السجن"),
        ("צבא", "שהצבא"),
        ("צבא", "לצבא"),
    ],
)
def test_fronts_are_put_on_and_the_arabic_article_is_taken_off(word: str, form: str) -> None:
    """A word is found with what is written onto it; Hebrew does not tell an article from a first letter."""
    found = semitic_forms(word)

    assert {word, form} <= found


@pytest.mark.parametrize("word", ["يد", "צה", "prison", "київ", "人"])
def test_short_words_and_other_letters_stay_alone(word: str) -> None:
    """Two letters with one before them are another word."""
    found = semitic_forms(word)

    assert found == {word}
