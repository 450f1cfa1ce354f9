"""A second evaluator of queries: slow, written from the definition, sharing nothing with the index but the words."""

from __future__ import annotations

from aggregator.matching.query import And, Fielded, Not, Or, Query, Term
from aggregator.matching.text import analyse, fold
from aggregator.model.articles import Article
from aggregator.model.rules import Field

TEXT = (Field.TITLE, Field.SUMMARY, Field.BODY)


def holds(query: Query, article: Article, fields: tuple[Field, ...] = TEXT) -> bool:
    """Whether `query` holds for `article`."""
    match query:
        case Term():
            return any(_in_field(query, article, field) for field in fields)
        case Fielded(field=field, part=part):
            return holds(part, article, (field,))
        case Not(part=part):
            return not holds(part, article, fields)
        case And(parts=parts):
            return all(holds(part, article, fields) for part in parts)
        case Or(parts=parts):
            return any(holds(part, article, fields) for part in parts)
        case _:
            raise AssertionError(query)


def _in_field(term: Term, article: Article, field: Field) -> bool:
    if field is Field.FEED:
        return term.words[0].folded == fold(article.feed_id)
    if field is Field.LANGUAGE:
        language = fold(article.language or "")
        return term.words[0].folded in (language, language.split("-")[0])
    values = {
        Field.TITLE: [article.title],
        Field.SUMMARY: [article.summary],
        Field.BODY: [article.body],
        Field.AUTHOR: list(article.authors),
        Field.TAG: [*article.tags, *article.feed_tags],
        Field.URL: [article.url],
    }[field]
    return any(
        _contains([token.folded for token in analyse(value)], [word.folded for word in term.words]) for value in values
    )


def _contains(words: list[str], phrase: list[str]) -> bool:
    def same(word: str, wanted: str) -> bool:
        return word == wanted or word == wanted + "'s"

    return any(
        all(same(word, wanted) for word, wanted in zip(words[start:], phrase, strict=False))
        and len(words[start:]) >= len(phrase)
        for start in range(len(words))
    )
