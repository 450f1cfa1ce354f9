"""The forms of English words: plurals, possessives, verbs, comparatives, and both spellings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from aggregator.matching.forms import english_endings as endings
from aggregator.matching.forms.english_words import EnglishWords, english_words
from aggregator.matching.frequencies import words_of

_WORD = re.compile("[a-z]+")
_POSSESSED = re.compile("[a-z0-9']*[a-z0-9]")
"""What may have a possessive, if it has no other form: names with an apostrophe, numbers."""
_NUMBERED = re.compile("[a-z]+[0-9]+")
_POSSESSIVE = "'s"
_COMMON_ZIPF = 5.0
"""Whatever is as common has its past among the words of the table, if it is a verb."""
_NO_VERB = re.compile(
    ".*(?:[tsc]ion|ness|ity|ism|ist|ship|hood|[ae]nce|ency|ancy|ment|man|men|logy|ian|ean|ese|er|or|ee|al|ous|ful|less|sky)"
)


@lru_cache(maxsize=2_000)
def english_forms(folded: str) -> frozenset[str]:
    """Return the forms of a folded word in Latin letters, with itself; of any form, those of the whole word.

    `spied`, `spies` and `spying` all lead to `spy`. Forms that English would not have (`familied`) may be among them:
    no article has them.
    """
    word = folded.removesuffix(_POSSESSIVE)
    if _NUMBERED.fullmatch(word):
        return frozenset({folded, word, word + "s", word + _POSSESSIVE})
    if word in english_words().only or not _POSSESSED.fullmatch(word):
        return frozenset({folded})
    if not _WORD.fullmatch(word):
        return frozenset({folded, word, word + _POSSESSIVE})
    bases = _bases(word)
    forms = {folded, word, *_of_noun(word, bases)}
    for base in bases:
        for spelling in _spellings(base):
            forms |= _inflected(spelling)
            if base in words_of("en") or not word.endswith(("ed", "ing")):
                forms |= _possessed(spelling)
    return frozenset(forms)


def _of_noun(word: str, bases: Collection[str]) -> Iterator[str]:
    """Yield what a word has as a noun of its own: `meetings` and `meeting's`, though it is also a form of `meet`."""
    words, plural = english_words(), word + "s"
    is_known = plural in words_of("en") and plural not in words.apart and word not in words.nouns
    has_plural = is_known and len(word) > len("un") and not word.endswith("s")
    if has_plural:
        yield plural
    if has_plural or word in bases or not word.endswith(("s", "ed", "ing")):
        yield word + _POSSESSIVE


def _bases(word: str) -> frozenset[str]:
    """Return what `word` may be a form of: known words that do have it, or else what it looks like."""
    words, known = english_words(), words_of("en")
    if word in words.apart:
        return frozenset({word})
    regular = {
        base
        for base in endings.stripped(word)
        if (base in known or base in words.verbs or base in words.nouns)
        and base not in words.only
        and word in _inflected(base)
    }
    found = words.bases.get(word, frozenset()) | regular
    return found or frozenset(base for base in endings.guessed_bases(word) if base not in known) or frozenset({word})


def _inflected(base: str) -> set[str]:
    """Return the forms of a base by rule or from the list, with itself, without possessives."""
    words = english_words()
    forms = {base}
    if base not in words.nouns and not _is_shorter(base, "e" if base.endswith("s") else ""):
        forms.update(endings.with_s(base))
    if base in words.verbs:
        forms.update((*endings.with_s(base), *endings.with_ing(base, words.doubling)))
    else:
        verb = {*endings.with_ed(base, words.doubling), *endings.with_ing(base, words.doubling)} - words.apart
        if _is_verb(base, verb, words):
            forms |= verb
    if base in words.adjectives:
        forms.update(endings.compared(base))
    forms = {form for form in forms if form == base or form not in words.apart}
    return forms.union(words.verbs.get(base, ()), words.nouns.get(base, ()), words.degrees.get(base, ()))


def _is_verb(base: str, verb: Iterable[str], words: EnglishWords) -> bool:
    """Whether a word may have forms of a verb: it has some that are common, or is too rare to tell."""
    known = words_of("en")
    if len(base) <= len("un") or base in words.no_verbs:
        return False
    longer = base[-1] if endings.is_doubled(base, words.doubling) else "e"
    if base + longer not in words.adjectives and _is_shorter(base, longer):
        return False
    if any(form in known for form in verb):
        return True
    return known.get(base, 0.0) < _COMMON_ZIPF and not _NO_VERB.fullmatch(base)


def _is_shorter(base: str, letter: str) -> bool:
    """Whether a word with one letter more is the commoner one: its forms are not those of `los`, `pas` or `breath`."""
    known = words_of("en")
    return known.get(base + letter, 0.0) > known.get(base, 0.0)


def _possessed(base: str) -> set[str]:
    """Return the possessives: `soldier's`, and `children's`; `soldiers'` folds to the plural."""
    plurals = english_words().nouns.get(base) or endings.with_s(base)
    return {form + _POSSESSIVE for form in (base, *plurals) if form == base or not form.endswith("s")}


def _spellings(base: str) -> set[str]:
    """Return a word as it is written on both sides of the Atlantic."""
    other = english_words().spellings.get(base) or endings.other_spelling(base)
    return {base, other} if other else {base}
