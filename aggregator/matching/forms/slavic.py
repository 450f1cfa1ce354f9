"""The forms of Russian and Ukrainian words, from the dictionaries of pymorphy3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from pymorphy3 import MorphAnalyzer
from pymorphy3.analyzer import Parse

from aggregator.matching.text import fold

_OTHER = {"ru": "uk", "uk": "ru"}
MOST_FORMS = 120

_CYRILLIC = re.compile("[\u0400-\u052f']+")
_NOT_OF = {"ru": re.compile("[іїєґў']"), "uk": re.compile("[ыэъў]")}
_NAMES = frozenset({"Name", "Surn", "Patr", "Geox", "Orgn"})
_NOMINAL = ("NOUN", "ADJF")
_LIKELY = 0.4
"""What a guess needs, of the score of the best one."""
_SURNAME = re.compile(".{2,}(?:[оеє]в|[иії]н)")
_NAME = re.compile(".{3,}[бвгджзклмнпрстфхц]")
_ENDINGS_OF_SURNAME = {"ru": "а у ым е ой ы ых ыми", "uk": "а у им ові і ої ій ою и их ими"}
_ENDINGS_OF_NAME = {"ru": "а у ом е ы ов ам ами ах", "uk": "а у ом ові і и ів ам ами ах"}
_THEY = re.compile("(.+[уюая])ть(ся)?")
_HE_DID = re.compile("(.+в)(ся)?")
_IS_DONE = re.compile("(.+[нт])о")


def slavic_forms(folded: str, language: str | None = None) -> dict[str, frozenset[str]]:
    """Return by language the forms of a folded Cyrillic word, with itself, at most `MOST_FORMS`.

    With `language`, of that one alone. A language in which the word has no other form is left out.
    """
    if not _CYRILLIC.fullmatch(folded):
        return {}
    found = {name: _forms(folded, name) for name in _OTHER if language in (None, name)}
    return {name: forms for name, forms in found.items() if len(forms) > 1}


@lru_cache(maxsize=2_000)
def _forms(folded: str, language: str) -> frozenset[str]:
    """Return the forms in one language. A word of the other one has none, unless it may be a name."""
    alone = frozenset({folded})
    if _NOT_OF[language].search(folded):
        return alone
    is_known = _analyzer(language).word_is_known(folded)
    if not is_known and _is_common_word(folded, _OTHER[language]):
        return alone
    parses = _parses(folded, language)
    found = {form for parse in _chosen(folded, language, parses) for form in _lexeme(parse, language)}
    if not is_known:
        found.update(_as_name(folded, language))
    return alone.union(sorted(set(map(fold, found)) - alone)[: MOST_FORMS - 1])


def _chosen(folded: str, language: str, parses: list[Parse]) -> list[Parse]:
    """Return a parse for each lexeme that the word is taken to be of.

    Who types a word as the dictionary has it means that word: `мати` is not of `мат`, nor `Лавров` of `лавр`. In
    Russian it must also be the likeliest, `немцев` is of `немец`; the Ukrainian dictionary does not say what is likely.
    """
    scores: dict[str, float] = {}
    for parse in parses:
        scores[parse.normal_form] = scores.get(parse.normal_form, 0.0) + parse.score
    best = max(scores.values())
    lemmas = {fold(parse.normal_form) for parse in parses if parse.tag.POS in _NOMINAL}
    likeliest = {fold(normal) for normal, score in scores.items() if score == best}
    is_lemma = folded in lemmas and (language == "uk" or folded in likeliest)
    lexemes: dict[tuple[str, str], Parse] = {}
    for parse in parses:
        if is_lemma and fold(parse.normal_form) != folded:
            continue
        if parse.is_known or scores[parse.normal_form] >= _LIKELY * best:
            lexemes.setdefault((parse.normal_form, str(parse.tag).partition(" ")[0]), parse)
    return list(lexemes.values())


def _as_name(folded: str, language: str) -> list[str]:
    """Return the cases of an unknown word, as if it were a man's name in the nominative."""
    if _SURNAME.fullmatch(folded):
        return [folded + ending for ending in _ENDINGS_OF_SURNAME[language].split()]
    if _NAME.fullmatch(folded):
        return [folded + ending for ending in _ENDINGS_OF_NAME[language].split()]
    return []


def _lexeme(parse: Parse, language: str) -> Iterator[str]:
    """Yield all forms; to a Ukrainian verb its adverbs and what is done, which have entries of their own."""
    for form in parse.lexeme:
        yield form.word
        if language == "uk" and form.tag.POS == "VERB":
            yield from _of_verb(form.word)
    if language == "uk" and "pssv" in parse.tag.grammemes and parse.normal_form.endswith("ий"):
        yield parse.normal_form[:-2] + "о"


def _of_verb(form: str) -> Iterator[str]:
    """Yield `катуючи` for `катують`, `катувавши` for `катував`, and the forms of `катований` for `катовано`."""
    if found := _THEY.fullmatch(form):
        yield found[1] + ("чись" if found[2] else "чи")
    elif found := _HE_DID.fullmatch(form):
        yield found[1] + ("шись" if found[2] else "ши")
    elif found := _IS_DONE.fullmatch(form):
        for parse in _parses(found[1] + "ий", "uk"):
            if parse.is_known and parse.tag.POS == "ADJF":
                yield from (other.word for other in parse.lexeme)
                return


def _is_common_word(folded: str, language: str) -> bool:
    """Whether a dictionary has a word, and as no name."""
    if not _analyzer(language).word_is_known(folded):
        return False
    return not any(_is_name(parse) for parse in _parses(folded, language))


def _is_name(parse: Parse) -> bool:
    return not _NAMES.isdisjoint(parse.tag.grammemes)


@lru_cache(maxsize=16)
def _parses(word: str, language: str) -> list[Parse]:
    """Return what a word may be, the known ones if there are any."""
    parses = _analyzer(language).parse(word)
    return [parse for parse in parses if parse.is_known] or parses


@cache
def _analyzer(language: str) -> MorphAnalyzer:
    """Load a dictionary, at its first word."""
    return MorphAnalyzer(lang=language)
