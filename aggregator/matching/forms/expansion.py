"""Which forms of a word of a query count in which articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aggregator.matching.forms.english import english_forms
from aggregator.matching.forms.semitic import semitic_forms
from aggregator.matching.forms.slavic import slavic_forms

_SEMITIC = ("ar", "he")


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of one word, folded.

    `always` count in articles of any language and have the word itself; `by_language` those in articles of that
    language (`ru`, `uk`), and in those that are in neither.
    """

    always: frozenset[str]
    by_language: Mapping[str, frozenset[str]]


def forms_of(folded: str, language: str | None = None) -> Forms:
    """Return the forms of a folded word; with `language`, a rule's, those that it has in that language only."""
    always = frozenset({folded})
    if language in (None, "en"):
        always |= english_forms(folded)
    if language in (None, *_SEMITIC):
        always |= semitic_forms(folded)
    return Forms(always, slavic_forms(folded, language))
