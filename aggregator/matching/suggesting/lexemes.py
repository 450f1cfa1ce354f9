"""The words of texts with their forms taken together, as a rule's terms will find them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from aggregator.matching.forms import STEMMED, forms_of, stem
from aggregator.matching.text import is_joined


def lexemes(counts: Mapping[str, int], languages: Collection[str | None]) -> dict[str, str]:
    """Return for each folded word the one whose forms it is among, in articles of one of these languages.

    Of several, the word that stands for the most others wins, then the shortest: `prisoner` for prisoners.
    """
    found: dict[str, set[str]] = {word: _found_by(word, counts, languages) for word in counts}
    finders: dict[str, list[str]] = {word: [] for word in counts}
    for word, others in found.items():
        for other in others:
            finders[other].append(word)
    chosen: dict[str, str] = {}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        if word in chosen:
            continue
        best = max(finders[word], key=lambda finder: _worth(finder, found[finder] - chosen.keys(), counts))
        chosen |= dict.fromkeys(found[best] - chosen.keys(), best)
    return chosen


def forms_in(word: str, languages: Iterable[str | None]) -> frozenset[str]:
    """Return the forms of a word that are listed by themselves, in articles of these languages."""
    forms = forms_of(word)
    codes = {_code(language) for language in languages}
    of_languages = [
        words for code, words in forms.by_language.items() if code in codes or not codes & forms.by_language.keys()
    ]
    return forms.always.union({word}, *of_languages)


def _found_by(word: str, words: Collection[str], languages: Collection[str | None]) -> set[str]:
    """Return those of `words` that a term `word` finds."""
    if is_joined(word):
        return {word}
    found = set(forms_in(word, languages) & set(words))
    for code in STEMMED & {_code(language) for language in languages}:
        root = stem(word, code)
        found |= {other for other in words if stem(other, code) == root}
    return found


def _worth(word: str, others: Iterable[str], counts: Mapping[str, int]) -> tuple[int, int, str]:
    return sum(counts[other] for other in others), -len(word), word


def _code(language: str | None) -> str:
    return (language or "").partition("-")[0]
