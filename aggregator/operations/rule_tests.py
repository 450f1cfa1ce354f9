"""Which of the examples that rules carry (`tests:`) come out as they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.matching.explain import explain
from aggregator.matching.language import SAMPLE_CHARACTERS, detect_language
from aggregator.matching.language_codes import language_tag
from aggregator.model.articles import Article
from aggregator.model.ids import ArticleKey, FeedId
from aggregator.model.rules import Match, NonMatch, Rule, RuleTest
from aggregator.operations.configure import Configuration

_ANY_FEED = FeedId("test")
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""No query asks for a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """What one test of a rule came to. `number` counts from 1; `file` and `line` are where it stands."""

    __test__ = False  # pytest: no class of tests

    rule: Rule
    number: int
    test: RuleTest
    article: Article
    file: str
    line: int
    result: Match | NonMatch

    @property
    def has_passed(self) -> bool:
        """Whether the rule did what the test expects of it."""
        return isinstance(self.result, Match) == self.test.expect_match


def run_rule_tests(rules: Iterable[Rule], configuration: Configuration) -> Iterator[TestOutcome]:
    """Yield what each test of `rules` comes to, in their order, with the rules as the daemon would have them."""
    for rule in rules:
        for position, test in enumerate(rule.tests):
            article = article_of_test(test, rule, configuration)
            place = configuration.loaded.place_of((*configuration.settings.rule_paths[rule.id], "tests", position))
            yield TestOutcome(
                rule=rule,
                number=position + 1,
                test=test,
                article=article,
                file=place.file,
                line=place.line,
                result=_result(article, rule, configuration),
            )


def article_of_test(test: RuleTest, rule: Rule, configuration: Configuration) -> Article:
    """Return the article that a test of `rule` describes.

    It is of the feed that the test names, or else of one that the rule reads: the first of `feeds.ids`, or one with the
    first of `feeds.tags`, or one that nothing is known of. Its language is the test's, or is told as of a polled one.
    """
    feed_id, feed_tags, feed_language = _feed(test, rule, configuration)
    sample = f"{test.title}\n{(test.summary or test.body)[:SAMPLE_CHARACTERS]}"
    return Article(
        feed_id=feed_id,
        key=ArticleKey("test"),
        url=test.url,
        title=test.title,
        published_at=_NO_DATE,
        content_hash="",
        authors=test.authors,
        summary=test.summary,
        body=test.body,
        tags=test.tags,
        feed_tags=feed_tags,
        language=language_tag(test.language) or detect_language(sample, feed_language),
    )


def _feed(test: RuleTest, rule: Rule, configuration: Configuration) -> tuple[FeedId, tuple[str, ...], str | None]:
    """Return the id, the tags and the language of the feed that a test's article is of."""
    feed_id = test.feed_id or next(iter(rule.feeds.ids), None)
    if feed_id is None:
        return _ANY_FEED, rule.feeds.tags[:1], None
    feed = configuration.feeds.get(feed_id)
    return (feed_id, (), None) if feed is None else (feed_id, feed.tags, feed.language)


def _result(article: Article, rule: Rule, configuration: Configuration) -> Match | NonMatch:
    for match in configuration.index.match(article):
        if match.rule_id == rule.id:
            return match
    return explain(article, rule)
