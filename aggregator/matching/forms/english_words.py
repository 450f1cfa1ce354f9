"""What English does not form by rule, read from `english.txt`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_TABLE = "english.txt"


@dataclass(frozen=True, slots=True)
class EnglishWords:
    """The sections of the table, whose heads say what is in them; `bases` leads back from irregular forms."""

    verbs: Mapping[str, tuple[str, ...]]
    nouns: Mapping[str, tuple[str, ...]]
    degrees: Mapping[str, tuple[str, ...]]
    adjectives: frozenset[str]
    no_verbs: frozenset[str]
    doubling: frozenset[str]
    apart: frozenset[str]
    only: frozenset[str]
    spellings: Mapping[str, str]
    bases: Mapping[str, frozenset[str]]


@cache
def english_words() -> EnglishWords:
    """Read the table, at its first use."""
    sections = _sections()
    verbs, nouns = _by_first(sections["verbs"]), _by_first(sections["nouns"])
    apart = _words(sections["apart"])
    return EnglishWords(
        verbs=verbs,
        nouns=nouns,
        degrees=_by_first(sections["degrees"]),
        adjectives=_words(sections["adjectives"]),
        no_verbs=_words(sections["no verbs"]),
        doubling=_words(sections["doubling"]),
        apart=apart,
        only=_words(sections["only"]),
        spellings=_both_ways(sections["british"]),
        bases=_bases(verbs, nouns, apart),
    )


def _sections() -> dict[str, list[list[str]]]:
    text = resources.files("aggregator.matching.forms").joinpath(_TABLE).read_text(encoding="utf-8")
    sections: dict[str, list[list[str]]] = {}
    lines: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("["):
            lines = sections[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            lines.append(line.split(" "))
    return sections


def _by_first(lines: list[list[str]]) -> dict[str, tuple[str, ...]]:
    return {base: tuple(forms) for base, *forms in lines}


def _words(lines: list[list[str]]) -> frozenset[str]:
    return frozenset(word for line in lines for word in line)


def _both_ways(lines: list[list[str]]) -> dict[str, str]:
    spellings: dict[str, str] = {}
    for british, american in lines:
        spellings[british] = american
        spellings[american] = british
    return spellings


def _bases(
    verbs: Mapping[str, tuple[str, ...]], nouns: Mapping[str, tuple[str, ...]], apart: frozenset[str]
) -> dict[str, frozenset[str]]:
    bases: dict[str, frozenset[str]] = {}
    for table in (verbs, nouns):
        for base, forms in table.items():
            for form in (base, *forms):
                if form not in apart:
                    bases[form] = bases.get(form, frozenset()) | {base}
    return bases
