"""Whether a query holds for an article, and the words that make it so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aggregator.matching.query import And, Fielded, Not, Or, Query, Term
from aggregator.matching.text import fold, without_possessive, word_bounds
from aggregator.model.articles import Article
from aggregator.model.rules import Field, Span

TEXT_FIELDS = (Field.TITLE, Field.SUMMARY, Field.BODY)
_READING_ORDER = {field: number for number, field in enumerate(Field)}
_VALUE_GAP = 2
"""Positions between two values of a field, so that no phrase reaches from one into the next."""

Place = tuple[Field, int]
Spans = tuple[Span, ...]
Fold = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class AnalysedArticle:
    """An article as words: `places` of each, and the characters (`bounds`) at each place."""

    article: Article
    texts: dict[Field, str]
    places: dict[str, list[Place]]
    bounds: dict[Place, tuple[int, int]]
    feed_tag_words: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    """Every word of the article and its feed tags: what a query's anchors are looked up in."""


def analyse_article(article: Article, fold_word: Fold = fold) -> AnalysedArticle:
    """Take `article` apart once, for any number of queries."""
    texts = {
        Field.TITLE: article.title,
        Field.SUMMARY: article.summary,
        Field.BODY: article.body,
        Field.AUTHOR: "\n".join(article.authors),
        Field.TAG: "\n".join(article.tags),
        Field.URL: article.url,
    }
    places: dict[str, list[Place]] = {}
    bounds: dict[Place, tuple[int, int]] = {}
    for field, text in texts.items():
        for word, position, start, end in _positioned(field, text, fold_word):
            place = (field, position)
            bounds[place] = (start, end)
            places.setdefault(word, []).append(place)
            if (base := without_possessive(word)) is not None:
                places.setdefault(base, []).append(place)
    feed_tags = tuple(tuple(fold_word(word) for word, _, _ in word_bounds(tag)) for tag in article.feed_tags)
    words = frozenset(places).union(*feed_tags)
    return AnalysedArticle(article, texts, places, bounds, feed_tags, words)


def spans_of(query: Query, article: AnalysedArticle) -> Spans | None:
    """Return the words that make `query` hold, in reading order; None where it does not hold."""
    found = _evaluate(query, article, TEXT_FIELDS)
    if found is None:
        return None
    return tuple(sorted(set(found), key=lambda span: (_READING_ORDER[span.field], span.start, span.end)))


def _positioned(field: Field, text: str, fold_word: Fold) -> Iterator[tuple[str, int, int, int]]:
    has_values = field in (Field.AUTHOR, Field.TAG)
    offset = position = 0
    for value in text.split("\n") if has_values else (text,):
        for word, start, end in word_bounds(value):
            yield fold_word(word), position, offset + start, offset + end
            position += 1
        offset += len(value) + 1
        position += _VALUE_GAP


def _evaluate(query: Query, article: AnalysedArticle, fields: tuple[Field, ...]) -> Spans | None:
    match query:
        case Term():
            return _find(query, article, fields)
        case Fielded(field=field, part=part):
            return _evaluate(part, article, (field,))
        case Not(part=part):
            return () if _evaluate(part, article, fields) is None else None
        case And(parts=parts):
            return _all(parts, article, fields)
        case Or(parts=parts):
            held = [spans for part in parts if (spans := _evaluate(part, article, fields)) is not None]
            return tuple(span for spans in held for span in spans) if held else None
        case _:  # pragma: no cover - the parser makes none of the others yet
            return None


def _all(parts: Iterable[Query], article: AnalysedArticle, fields: tuple[Field, ...]) -> Spans | None:
    gathered: Spans = ()
    for part in parts:
        spans = _evaluate(part, article, fields)
        if spans is None:
            return None
        gathered += spans
    return gathered


def _find(term: Term, article: AnalysedArticle, fields: tuple[Field, ...]) -> Spans | None:
    if fields == (Field.FEED,):
        return () if fold(term.text) == fold(article.article.feed_id) else None
    if fields == (Field.LANGUAGE,):
        return () if _is_language(fold(term.text), fold(article.article.language or "")) else None
    spans = tuple(_spans_at(term, article, fields))
    if spans:
        return spans
    is_feed_tag = Field.TAG in fields and any(_contains(tag, _folded(term)) for tag in article.feed_tag_words)
    return () if is_feed_tag else None


def _spans_at(term: Term, article: AnalysedArticle, fields: tuple[Field, ...]) -> Iterator[Span]:
    first, *others = _folded(term)
    following = [frozenset(article.places.get(word, ())) for word in others]
    for field, position in article.places.get(first, ()):
        if field in fields and all(
            (field, position + distance) in places for distance, places in enumerate(following, start=1)
        ):
            start = article.bounds[field, position][0]
            end = article.bounds[field, position + len(others)][1]
            yield Span(field=field, start=start, end=end, text=article.texts[field][start:end])


def _folded(term: Term) -> tuple[str, ...]:
    return tuple(word.folded for word in term.words)


def _is_language(wanted: str, actual: str) -> bool:
    """`lang:en` holds for en, en-GB and en_US; `lang:en-gb` for that one."""
    actual = actual.replace("_", "-")
    return actual == wanted or actual.partition("-")[0] == wanted


def _contains(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(words[start : start + len(phrase)] == phrase for start in range(len(words) - len(phrase) + 1))
