"""Which forms count where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.matching.forms import Forms, forms_of
from aggregator.matching.text import fold

LETTERS = "abcdefghijklmnopqrstuvwxyz'абвгґдеєжзиіїйклмнопрстуфхцчшщьыэюя"


def test_latin_words_have_english_forms_everywhere() -> None:
    """An article of any language may have an English word."""
    found = forms_of("prisoner")

    assert found == Forms(frozenset({"prisoner", "prisoners", "prisoner's"}), {})


def test_cyrillic_words_have_forms_by_language() -> None:
    """A Cyrillic word is itself everywhere, and inflected as each language does it."""
    found = forms_of("бахмут")

    assert found.always == {"бахмут"}
    assert "бахмуту" in found.by_language["ru"] & found.by_language["uk"]


@pytest.mark.parametrize(
    ("word", "language", "other"),
    [("prisoner", "de", "prisoners"), ("бахмут", "en", "бахмута"), ("سجن", "fr", "السجن"), ("צבא", "en", "הצבא")],
)
def test_a_rule_in_another_language_has_none_of_these_forms(word: str, language: str, other: str) -> None:
    """A rule that names its language has the forms of that language alone."""
    found = forms_of(word, language)

    assert found == Forms(frozenset({word}), {})
    assert other in forms_of(word).always.union(*forms_of(word).by_language.values())


@pytest.mark.parametrize(("word", "language", "form"), [("prisoner", "en", "prisoners"), ("سجن", "ar", "السجن")])
def test_a_rule_in_the_same_language_has_them(word: str, language: str, form: str) -> None:
    """Naming the language of a word takes nothing away."""
    found = forms_of(word, language)

    assert form in found.always


@pytest.mark.parametrize("word", ["人", "の", "ก", "한"])
def test_scripts_without_spaces_have_no_forms(word: str) -> None:
    """Their words are phrases of letters."""
    found = forms_of(word)

    assert found == Forms(frozenset({word}), {})


@settings(deadline=None)
@given(st.text(alphabet=LETTERS, min_size=1, max_size=14))
def test_any_word_has_itself_and_folded_forms(text: str) -> None:
    """Whatever is typed is found as it is, and every form is one that an article's words fold to."""
    word = fold(text)

    found = forms_of(word)

    assert word in found.always
    assert all(fold(form) == form for form in found.always.union(*found.by_language.values()))
