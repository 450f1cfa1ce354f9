"""The endings of English words: how they are put on, and what may be left when they are taken off."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_HISSING = re.compile(".*(?:s|x|z|ch|sh)")
_CONSONANT_Y = re.compile(".*[^aeiou]y")
_CONSONANT_O = re.compile(".*[^aeiou]o")
_SHORT = re.compile("[^aeiouy]*(?:qu)?[aeiouy][bdfgklmnprstvz]")
"""One syllable with one vowel before one last consonant, which doubles: stop, stopped."""
_TWO_CONSONANTS = re.compile("[^aeiouy]{2}")
_VOWEL_L = re.compile(".*[^aeiou][aeiou]l")
_HARD = re.compile(".*[aeiouy].*")
_DOUBLE = re.compile(r".*([bdgkmnprtv])\1")
_SINGULAR_IN_S = re.compile(".*(?:ss|us)")
_SHORT_IN_S = re.compile(".{,3}|.*(?:ss|[uiaoy]s)")
_MAN = re.compile("(.{3,}|wo)m[ae]n")
_NO_MAN = re.compile(
    ".*(?:human|german|roman|ottoman|shaman|talisman|norman|herman|truman|yemen|regimen|specimen|abdomen|acumen|bitumen|carmen)"
)
_SURE_E = re.compile(".*(?:[cuvz]|[^eo]at|.[iy]s|[^aeiour]l|dg)")
_SURE_BARE = re.compile(".*(?:[^aeiou][^aeiouyclgsvz]|[aeo][wy]|x|sh|ch|ss|tion|ai[lnr]|ea[lmnr])")
_ISE = re.compile("(.{3,}[iy])([sz])(e|ation|ational|er|able)")
_NEVER_ISE = re.compile(
    ".*(?:vis|pris|wis|guis|chis|quis|ruis|ais|ois|pis|andis|adis|[^i]cis|(?:pro|pre|de)mis|(?:^a|sun|moon|high)ris|[aeo]z|siz)e"
)
"""Words that have only one of the two spellings."""


def with_s(base: str) -> tuple[str, ...]:
    """Return the plural, or the third person; both spellings where either may be used."""
    if len(base) <= len("un") and not _TWO_CONSONANTS.fullmatch(base):
        return ("goes",) if base == "go" else ()
    if is_man(base) and base.endswith("man"):
        return (base[:-2] + "en",)
    if _HISSING.fullmatch(base):
        return (base + "es",)
    if _CONSONANT_Y.fullmatch(base):
        return (base[:-1] + "ies",)
    if _CONSONANT_O.fullmatch(base):
        return (base + "s", base + "es")
    return (base + "s",)


def with_ed(base: str, doubling: Collection[str]) -> tuple[str, ...]:
    """Return the past; both spellings of `travelled`. `doubling` has the longer words that double their end."""
    if base.endswith("e"):
        return (base + "d",)
    if base.endswith("ic"):
        return (base + "ked",)
    if _CONSONANT_Y.fullmatch(base):
        return (base[:-1] + "ied",)
    return tuple(stem + "ed" for stem in _before_vowel(base, doubling))


def with_ing(base: str, doubling: Collection[str]) -> tuple[str, ...]:
    """Return the participle; both spellings of `travelling`."""
    if base.endswith("ie"):
        return (base[:-2] + "ying",)
    if base.endswith("ic"):
        return (base + "king",)
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye", "nge")) and len(base) > len("be"):
        return (base[:-1] + "ing",)
    if base.endswith("nge"):
        return (base[:-1] + "ing", base + "ing")
    return tuple(stem + "ing" for stem in _before_vowel(base, doubling))


def compared(base: str) -> tuple[str, ...]:
    """Return the comparative and the superlative of an adjective that has them by endings."""
    if base.endswith("e"):
        return (base + "r", base + "st")
    stem = base[:-1] + "i" if _CONSONANT_Y.fullmatch(base) else _before_vowel(base, ())[-1]
    return (stem + "er", stem + "est")


def is_doubled(base: str, doubling: Collection[str]) -> bool:
    """Whether the last letter doubles before a vowel."""
    return base in doubling or _SHORT.fullmatch(base) is not None


def is_man(word: str) -> bool:
    """Whether a word is a compound of `man` or `men`: `serviceman`."""
    return _MAN.fullmatch(word) is not None and _NO_MAN.fullmatch(word) is None


def stripped(word: str) -> Iterator[str]:
    """Yield what may be left of a word without an ending, of which most is no word."""
    for ending in ("s", "es", "ed", "ing", "er", "est"):
        stem = word.removesuffix(ending)
        if stem == word or not stem:
            continue
        yield stem
        if ending not in ("s", "es"):
            yield stem + "e"
        if stem.endswith("i"):
            yield stem[:-1] + "y"
        if len(stem) > len("add") and stem[-1] == stem[-2]:
            yield stem[:-1]
        if stem.endswith("ck"):
            yield stem[:-1]
        if ending == "ing" and stem.endswith("y"):
            yield stem[:-1] + "ie"


def guessed_bases(word: str) -> set[str]:
    """Return what a word that nobody knows may be a form of, by its looks: `houthis`, `waterboarded`, `doxxing`."""
    if is_man(word):
        return {word[:-2] + "an"}
    if word.endswith("ies") and len(word) > len("dies"):
        return {word[:-3] + "y"}
    if word.endswith(("sses", "xes", "ches", "shes")):
        return {word[:-2]}
    is_short = len(word) <= len("hamas")
    if word.endswith("s") and not (_SHORT_IN_S if is_short else _SINGULAR_IN_S).fullmatch(word):
        return {word[:-1]}
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > len("do") and _HARD.fullmatch(stem):
            return _completed(stem)
    return {word}


def other_spelling(base: str) -> str | None:
    """Return `organize` for `organise` and the other way, and so for what is made of it; None for other words."""
    found = _ISE.fullmatch(base)
    if found is None or _NEVER_ISE.fullmatch(base):
        return None
    return found[1] + ("z" if found[2] == "s" else "s") + found[3]


def _before_vowel(base: str, doubling: Collection[str]) -> tuple[str, ...]:
    if is_doubled(base, doubling):
        return (base + base[-1],)
    if _VOWEL_L.fullmatch(base):
        return (base, base + "l")
    return (base,)


def _completed(stem: str) -> set[str]:
    """Return the verbs that a stem before `ed` or `ing` may be of."""
    if stem.endswith("i"):
        return {stem[:-1] + "y"}
    if _DOUBLE.fullmatch(stem):
        return {stem[:-1]}
    if stem.endswith("ll"):
        return {stem, stem[:-1]}
    if _SURE_E.fullmatch(stem):
        return {stem + "e"}
    return {stem} if _SURE_BARE.fullmatch(stem) else {stem, stem + "e"}
