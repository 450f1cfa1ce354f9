"""How common the commonest words of some languages are, from a table that ships: see docs/decisions/0011."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

STOP_ZIPF = 6.0
"""Words that stand this often say nothing of what a text is about: one in a thousand words or more."""

_TABLE = "frequencies.txt.gz"


def zipf(folded: str, language: str | None = None) -> float:
    """Return how common a word is: the logarithm to base 10 of how often it stands in a billion words of `language`.

    0.0 for a word that is not among the commonest, or a language that the table does not have; without `language`
    what it is where it is commonest. From 7.7 (`the`) down to about 4. Of Chinese, single characters are listed.
    """
    tables = _tables()
    if language is None:
        return max(table.get(folded, 0.0) for table in tables.values())
    return tables[language].get(folded, 0.0) if language in tables else 0.0


def is_common(folded: str, language: str | None = None) -> bool:
    """Whether a word says nothing of what a text is about: `the`, `und`, `та`."""
    return zipf(folded, language) >= STOP_ZIPF


def words_of(language: str) -> Mapping[str, float]:
    """Return the commonest words of a language, folded, each with its `zipf`; none of one that the table lacks."""
    return _tables().get(language, MappingProxyType({}))


@cache
def _tables() -> Mapping[str, Mapping[str, float]]:
    """Read the table at its first use: about 80,000 words. Its own head says what its lines are."""
    tables: dict[str, dict[str, float]] = {}
    words: dict[str, float] = {}
    with resources.files("aggregator.matching").joinpath(_TABLE).open("rb") as packed:
        lines = gzip.decompress(packed.read()).decode().splitlines()
    for line in lines:
        if line.startswith("["):
            words = tables[line.strip("[]")] = {}
        elif not line.startswith("#"):
            step, *step_words = line.split(" ")
            words |= dict.fromkeys(step_words, float(step))
    return MappingProxyType({language: MappingProxyType(words) for language, words in tables.items()})
