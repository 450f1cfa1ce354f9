"""A rule from articles like the one that a person wants, with tests of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from zoneinfo import ZoneInfo

from aggregator.errors import AggregatorError
from aggregator.matching.index import RuleIndex
from aggregator.matching.language import SAMPLE_CHARACTERS, detect_language
from aggregator.matching.query import Term
from aggregator.matching.suggesting.counting import TermCounter
from aggregator.matching.suggesting.keyness import Background
from aggregator.matching.suggesting.prose import read_proses
from aggregator.matching.suggesting.suggest import Named, Suggester, Suggestion
from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId, RuleId
from aggregator.model.rules import Rule, RuleTest
from aggregator.operations.backtest import backtest, stored_pages
from aggregator.operations.backtest_report import BacktestReport
from aggregator.operations.match_text import read_articles
from aggregator.operations.rule_yaml import one_line
from aggregator.ports import Parser, Store

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything was stored."""

MOST_ARTICLES = 50_000
"""So many of the newest stored articles say how common a term is."""

_LONGEST_ID = 40
_LONGEST_TITLE = 80
_LONGEST_TEST = 600
_MOST_TESTS = 5
_SLUG = re.compile("[^a-z0-9]+")
_NO_FEED = FeedId("test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposed rule, and why it is so.

    `counted` is how many stored articles said how common a term is; 0 when the table that ships did.
    """

    rule: Rule
    suggestion: Suggestion
    counted: int

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules to try on what is stored: `proposed` and, where there are such, `tighter` and `looser`."""
        queries = {"proposed": self.rule.query, "tighter": self.suggestion.tighter, "looser": self.suggestion.looser}
        return {name: replace(self.rule, query=query, tests=()) for name, query in queries.items() if query is not None}


async def read_examples(sources: Iterable[tuple[str, bytes]], parser: Parser, now: datetime) -> list[Named]:
    """Read the articles of files, as `match` reads them: each item of a feed is one.

    Raises:
        AggregatorError: when there is none in a file.
    """
    named: list[Named] = []
    for source, content in sources:
        articles = await read_articles(source, content, parser, now)
        if not any(article.title or article.text for article in articles):
            raise AggregatorError(f"{source} has no text; give an article's title and a paragraph or two")
        several = len(articles) > 1
        named += [(f"{source}: {article.title}" if several else source, article) for article in articles]
    return named


async def suggest_rule(
    examples: Sequence[Named],
    unwanted: Sequence[Named],
    stored: AsyncIterable[Sequence[Article]] | None = None,
    on_counted: Callable[[int], None] | None = None,
) -> Proposal:
    """Propose a rule that finds all of `examples` and none of `unwanted`, where that can be.

    `stored` are pages of stored articles, the newest first; the first 50,000 articles say how common terms are.
    `on_counted` hears after each page how many were counted.

    Raises:
        AggregatorError: when the examples say too little.
    """
    suggester = Suggester(examples, unwanted)
    background = Background() if stored is None else await _count(suggester.terms, stored, on_counted)
    suggestion = suggester.suggest(background)
    rule = Rule(
        id=_rule_id(suggestion),
        title=_rule_title(examples),
        query=suggestion.query,
        tests=tuple(_tests(suggestion.query, examples, unwanted)),
    )
    return Proposal(rule=rule, suggestion=suggestion, counted=background.articles if background.is_enough else 0)


async def newest_articles(store: Store) -> AsyncIterator[list[Article]]:
    """Yield the stored articles in pages, the last stored first."""
    async for page in stored_pages(store, EVER):
        yield [stored.article for stored in page]


async def try_proposal(  # noqa: PLR0913 - what `backtest` takes
    proposal: Proposal,
    store: Store,
    *,
    since: datetime,
    until: datetime,
    timezone: ZoneInfo,
    on_progress: Callable[[str, int, int], None],
) -> dict[str, BacktestReport]:
    """Try the query and its alternatives on the stored articles; `on_progress` hears which, and how far it is."""
    return {
        name: await backtest(
            store, rule, since=since, until=until, timezone=timezone, on_progress=partial(on_progress, name)
        )
        for name, rule in proposal.rules.items()
    }


async def _count(
    terms: Sequence[Term], stored: AsyncIterable[Sequence[Article]], on_counted: Callable[[int], None] | None
) -> Background:
    counter = TermCounter(terms)
    async for page in stored:
        for article in page[: MOST_ARTICLES - counter.articles]:
            counter.count(article)
        if on_counted is not None:
            on_counted(counter.articles)
        if counter.articles >= MOST_ARTICLES:
            break
    return counter.background()


def _rule_id(suggestion: Suggestion) -> RuleId:
    """Return a name from the first terms; `suggested` where they have no Latin letters."""
    firsts = {reason.part: reason.text for reason in reversed(suggestion.terms)}
    words = [_SLUG.sub("-", _ascii(firsts[part])).strip("-") for part in ("subject", "near", "with") if part in firsts]
    name = "-".join(word for word in words if word)[:_LONGEST_ID].strip("-")
    return RuleId(name or "suggested")


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()


def _rule_title(examples: Sequence[Named]) -> str:
    title = one_line(next((article.title for _, article in examples if article.title), "")) or "Suggested rule"
    if len(title) <= _LONGEST_TITLE:
        return title
    end = title.rfind(" ", _LONGEST_TITLE // 2, _LONGEST_TITLE)
    return title[: end if end > 0 else _LONGEST_TITLE - 1] + "…"  # a script without spaces is cut anywhere


def _tests(query: str, examples: Sequence[Named], unwanted: Sequence[Named]) -> Iterator[RuleTest]:
    """Yield short tests that come out as they should: titles, where need be with the sentence that matters."""
    index = RuleIndex()
    index.add(Rule(id=RuleId("test"), title="", query=query))
    for named, expect_match in ((examples, True), (unwanted, False)):
        for name, article in named[:_MOST_TESTS]:
            tests = (
                RuleTest(expect_match=expect_match, title=title, body=body)
                for title, body in _excerpts(name, article)
                if len(title) + len(body) <= _LONGEST_TEST
            )
            passing = (test for test in tests if bool(index.matching_rules(_article(test))) == expect_match)
            yield from islice(passing, 1)


def _excerpts(name: str, article: Article) -> Iterator[tuple[str, str]]:
    """Yield the title, the title with each sentence, and with ever more of the text."""
    title = one_line(article.title)
    sentences = [one_line(sentence) for sentence in read_proses([(name, article)])[0].sentences]
    if title:
        yield title, ""
        sentences = [sentence for sentence in sentences if sentence != title]
    yield from ((title, sentence) for sentence in sentences)
    yield from ((title, " ".join(sentences[:number])) for number in range(2, len(sentences) + 1))


def _article(test: RuleTest) -> Article:
    """Return the article that a test stands for, of no feed."""
    return Article(
        feed_id=_NO_FEED,
        key=ArticleKey("test"),
        url="",
        title=test.title,
        published_at=EVER,
        content_hash="",
        body=test.body,
        language=detect_language(f"{test.title}\n{test.body[:SAMPLE_CHARACTERS]}"),
    )
