"""A second evaluator of queries: slow, written from the definition, sharing only words and forms with the index."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from aggregator.matching import scripts
from aggregator.matching.forms import STEMMED, forms_of, stem
from aggregator.matching.query import And, AtLeast, Fielded, How, Near, Not, Or, Query, Regex, Term, Word
from aggregator.matching.syntax.regexes import compiled_regex
from aggregator.matching.text import Token, analyse, is_joined
from aggregator.model.articles import Article
from aggregator.model.rules import Field

_END_OF_WORD = re.compile(f"[{scripts.INVISIBLE}\u0300-\u036f{scripts.JOINED_MARKS}]*(?:[{scripts.APOSTROPHES}][sS])?")
"""What may stand behind the last letter of a raw text, in its word: what nobody sees, and a possessive."""

TEXT = (Field.TITLE, Field.SUMMARY, Field.BODY)


@dataclass(frozen=True)
class Naive:
    """One article, asked by the definition; `language` is the rule's."""

    article: Article
    language: str | None = None

    def holds(self, query: Query, fields: tuple[Field, ...] = TEXT) -> bool:
        """Whether `query` holds for the article."""
        match query:
            case Term() if fields[0] in (Field.FEED, Field.LANGUAGE):
                return query.words[0].folded in self._metadata(fields[0])
            case Term() | Regex():
                return any(True for text in self._values(fields) for _ in self._stretches(query, text))
            case Fielded(field=field, part=part):
                return self.holds(part, (field,))
            case Near():
                return any(self._is_near(query, text) for text in self._values(fields))
            case Not(part=part):
                return not self.holds(part, fields)
            case And(parts=parts):
                return all(self.holds(part, fields) for part in parts)
            case Or(parts=parts):
                return any(self.holds(part, fields) for part in parts)
            case AtLeast(count=count, parts=parts):
                return [self.holds(part, fields) for part in parts].count(True) >= count

    def _metadata(self, field: Field) -> set[str]:
        if field is Field.FEED:
            return {self.article.feed_id.casefold()}
        language = (self.article.language or "").casefold().replace("_", "-")
        return {language, language.split("-")[0]} - {""}

    def _values(self, fields: tuple[Field, ...]) -> list[str]:
        article = self.article
        values = {
            Field.TITLE: [article.title],
            Field.SUMMARY: [article.summary],
            Field.BODY: [article.body],
            Field.AUTHOR: list(article.authors),
            Field.TAG: [*article.tags, *article.feed_tags],
            Field.URL: [article.url],
        }
        return [value for field in fields for value in values[field]]

    def _stretches(self, query: Term | Regex, text: str) -> Iterator[tuple[int, int]]:
        """Return the characters of each occurrence."""
        if isinstance(query, Regex):
            for found in compiled_regex(query).finditer(text):
                yield found.start(), found.end()
        elif query.raw:
            yield from _written(query.raw, text)
        else:
            tokens = _words_of(text)
            for start in range(len(tokens) - len(query.words) + 1):
                here = tokens[start : start + len(query.words)]
                if all(self._is_word(word, token.folded) for word, token in zip(query.words, here, strict=True)):
                    yield here[0].start, here[-1].end

    def _is_near(self, near: Near, text: str) -> bool:
        left, right = (self._occurrences(side, text) for side in (near.left, near.right))
        for (left_start, left_end), (right_start, right_end) in product(left, right):
            if 0 <= right_start - left_end - 1 <= near.distance:
                return True
            if not near.is_ordered and 0 <= left_start - right_end - 1 <= near.distance:
                return True
        return False

    def _occurrences(self, side: Query, text: str) -> set[tuple[int, int]]:
        """Return the numbers of the first and the last word of each occurrence."""
        if isinstance(side, Or):
            return set().union(*(self._occurrences(part, text) for part in side.parts))
        assert isinstance(side, Term | Regex)
        tokens = _words_of(text)
        found = set()
        for start, end in self._stretches(side, text):
            touched = [number for number, token in enumerate(tokens) if token.start < end and start < token.end]
            if touched:
                found.add((touched[0], touched[-1]))
        return found

    def _is_word(self, word: Word, folded: str) -> bool:
        base = folded.removesuffix("'s") or folded
        match word.how:
            case How.FORM:
                return word.folded in (folded, base)
            case How.WILDCARD:
                return any(fnmatch.fnmatchcase(form, word.folded) for form in (folded, base))
            case How.FUZZY:
                return any(letters_different(form, word.folded) <= word.distance for form in (folded, base))
            case How.FORMS:
                return self._is_form(word.folded, folded)

    def _is_form(self, wanted: str, folded: str) -> bool:
        forms = forms_of(wanted, self.language)
        language = (self.article.language or "").casefold().replace("_", "-").split("-")[0]
        if folded in forms.always:
            return True
        for name, lexeme in forms.by_language.items():
            if (language == name or language not in ("ru", "uk")) and folded in lexeme:
                return True
        is_stemmed = language in STEMMED and self.language in (None, language)
        return is_stemmed and stem(wanted, language) == stem(folded, language)


@lru_cache(maxsize=1024)
def _words_of(text: str) -> tuple[Token, ...]:
    """Return the words of a text, which many queries ask for."""
    return tuple(analyse(text))


@lru_cache(maxsize=4096)
def letters_different(one: str, other: str) -> int:
    """Return how many letters are put in, taken out, changed, or have changed places with their neighbour."""
    rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not i or not j:
                rows[i][j] = i + j
                continue
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def _written(raw: str, text: str) -> Iterator[tuple[int, int]]:
    """Find `raw` as it is written, with nothing beside its ends that would go on with them."""
    parts = raw.split()
    for start in range(len(text)):
        end = start
        for number, part in enumerate(parts):
            if number:
                space = re.match(r"\s+", text[end:])
                if space is None:
                    break
                end += space.end()
            if not text.startswith(part, end):
                break
            end += len(part)
        else:
            before, after = text[start - 1 : start], text[end : end + 1]
            if _goes_on(raw[0], before) or _goes_on(raw[-1], after):
                continue
            begun = [token for token in _words_of(text) if token.start < start < token.end]
            rest = [text[end : token.end] for token in _words_of(text) if token.start < end < token.end]
            is_begun = bool(begun) and raw[0].isalnum()
            goes_on = raw[-1].isalnum() and not all(map(_END_OF_WORD.fullmatch, rest))
            if not is_begun and not goes_on:
                yield start, end


def _goes_on(edge: str, neighbour: str) -> bool:
    """Whether the character beside the edge of a raw text goes on with it; letters of joined scripts bound no word."""
    if is_joined(edge):
        return re.match(f"[{scripts.JOINED_MARKS}]", neighbour) is not None
    is_letter = neighbour.isalnum() and not re.match(f"[{scripts.JOINED}]", neighbour)
    return is_letter or (bool(neighbour) and neighbour == edge)
