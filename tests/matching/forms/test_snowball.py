"""Stems."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregator.matching.forms import STEMMED, stem
from aggregator.matching.frequencies import words_of


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "gefangene", "gefangenen"),
        ("es", "ciudad", "ciudades"),
        ("es", "juez", "jueces"),
        ("fr", "prisonnier", "prisonniere"),
        ("fr", "liberer", "liberee"),
        ("pl", "jeniec", "jencow"),
        ("pl", "krakow", "krakowie"),
        ("pt", "eleicao", "eleicoes"),
        ("fa", "كتاب", "كتابها"),
        ("sr", "војник", "vojnika"),
        ("nb", "fange", "fanger"),
    ],
)
def test_forms_of_a_folded_word_have_one_stem(language: str, one: str, other: str) -> None:
    """Words come without their marks, and are stemmed nevertheless."""
    stems = {stem(one, language), stem(other, language)}

    assert len(stems) == 1


@pytest.mark.parametrize("language", ["en", "ru", "uk", "zh", "be", "xx"])
def test_a_language_without_a_stemmer_leaves_words_as_they_are(language: str) -> None:
    """English, Russian and Ukrainian words are expanded instead; what nobody knows is compared as it is."""
    found = stem("prisoners", language)

    assert found == "prisoners"
    assert language not in STEMMED


@pytest.mark.parametrize("language", sorted(STEMMED))
def test_every_stemmer_is_there(language: str) -> None:
    """Each language that is said to have a stemmer has one, and it takes any word."""
    found = stem("parlament", language)

    assert found


def test_threads_get_the_same_stems() -> None:
    """A stemmer may be used by several threads at once."""
    words = list(words_of("de"))

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda word: stem(word, "de"), words))

    assert found == [stem(word, "de") for word in words]
