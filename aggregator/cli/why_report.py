"""What became of an article, for a person: from its feed to each attempt to send it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from aggregator.cli.layout import INDENT, print_facts, print_indented
from aggregator.cli.marked_words import marked_text
from aggregator.cli.output import count, printable
from aggregator.cli.why_delivered import print_channels
from aggregator.cli.why_times import Times
from aggregator.cli.why_unseen import print_unseen
from aggregator.feeds.failures import without_credentials
from aggregator.model.articles import Article
from aggregator.model.feeds import FullText
from aggregator.model.rules import Field
from aggregator.operations.why_report import ArticleReport, RuleReport, Verdict, WhyReport

_MOST_FAILING = 20
_MOST_NAMED = 10
_MOST_SOURCES = 5


def print_why(report: WhyReport, console: Console, times: Times) -> None:
    """Print all that is known, or what may have been meant."""
    if not report.articles:
        print_unseen(report, console, times)
        return
    for number, article in enumerate(report.articles):
        if number:
            console.print()
        _print_article(article, console, times)


def _print_article(report: ArticleReport, console: Console, times: Times) -> None:
    article = report.traced.article
    console.print(Text(printable(report.traced.title or "(no title)"), style="bold"))
    if article is not None and article.url:  # unbroken, so that it can be opened from a narrow terminal too
        console.print(Text(" " * INDENT + printable(article.url), style="dim"), soft_wrap=True)
    _heading("From its feed", console)
    print_facts(_facts(report, times), console)
    _print_rules(report, console, times)
    if report.traced.story_id is not None:
        _heading("Its story", console)
        print_facts(_story(report), console)
    print_channels(report, console, times)


def _facts(report: ArticleReport, times: Times) -> Iterator[tuple[str, Text]]:
    traced = report.traced
    article, feed = traced.article, traced.feed
    yield "id", Text(traced.id)
    title = feed.title or traced.state.title
    removed = "" if traced.is_read else "; the feed was removed"
    named = f"{feed.id} ({title})" if title else feed.id
    yield "feed", Text(printable(f"{named}, {without_credentials(feed.url)}{removed}"))
    yield "fetched", Text(times.told(traced.stored_at or traced.first_seen_at))
    if report.is_baseline:
        yield "", Text("with the first read of its feed, whose articles alert nobody", style="yellow")
    undated = "its feed does not say; its fetch counts"
    yield "published", Text(times.told(traced.published_at) if report.is_dated else undated)
    if article is None:
        yield "text", Text("purged: no longer stored", style="yellow")
        return
    yield from _parsed(article, feed.full_text, is_baseline=report.is_baseline)
    for revision in report.revisions:
        yield "changed", Text(printable(f"{times.told(revision.replaced_at)}; before: {revision.title}"))


def _parsed(article: Article, full_text: FullText, *, is_baseline: bool) -> Iterator[tuple[str, Text]]:
    yield "language", Text(article.language or "not known")
    for label, values in (("authors", article.authors), ("tags", article.tags)):
        if values:
            yield label, Text(printable(", ".join(values)))
    size = f"{len(article.text):,} characters"
    if article.has_page_text:
        yield "text", Text(f"{size}, of its page")
    elif article.page_error:
        yield "text", Text(printable(f"{size}, of its feed; its page: {article.page_error}"), style="yellow")
    elif full_text is FullText.NEVER:
        yield "text", Text(f"{size}, of its feed; pages are not read (full_text: never)")
    elif is_baseline:
        yield "text", Text(f"{size}, of its feed; pages are not read for the first read of a feed")
    else:
        yield "text", Text(f"{size}, of its feed; its page was not needed (full_text: {full_text.value})")


def _print_rules(report: ArticleReport, console: Console, times: Times) -> None:
    held = [rule for rule in report.rules if rule.verdict in (Verdict.MATCHES, Verdict.UNKNOWN)]
    failing = [rule for rule in report.rules if rule.verdict is Verdict.FAILS]
    elsewhere = [rule for rule in report.rules if rule.verdict is Verdict.READS_OTHER_FEEDS]
    _heading("Rules that match", console)
    if not held:
        print_indented(Text("none", style="dim"), console)
    for rule in held:
        _print_match(rule, report.traced.article, console, times)
    if failing:
        _heading("Rules that do not match", console)
    for rule in failing[:_MOST_FAILING]:
        _print_failure(rule, console, times)
    more = len(failing) - len(failing[:_MOST_FAILING])
    if more + report.unexplained:
        remark = f"and {more + report.unexplained:,} more; --channel names fewer" + (", --json more" if more else "")
        print_indented(Text(remark, style="dim"), console)
    if elsewhere:
        _heading("Rules that do not read its feed", console)
        _print_elsewhere(elsewhere, console, times)


def _print_match(rule: RuleReport, article: Article | None, console: Console, times: Times) -> None:
    now = rule.match.clause if rule.match else rule.note or ""
    style = "bold green" if rule.match else "bold"
    print_indented(Text().append(rule.rule_id, style=style).append(printable(f"  {now}")), console)
    if rule.match is not None and article is not None:
        for text in _marked(rule, article, console):
            print_indented(text, console, 2)
    if rule.found is not None:
        print_indented(Text(_then(rule, times), style="dim"), console, 2)
    if rule.match is not None and rule.note is not None:
        print_indented(Text(printable(f"then: {rule.note}"), style="yellow"), console, 2)


def _marked(rule: RuleReport, article: Article, console: Console) -> Iterable[Text]:
    """Return what of the article holds the words, with these marked."""
    spans = rule.match.spans if rule.match else ()
    texts = ((Field.TITLE, article.title), (Field.SUMMARY, article.summary), (Field.BODY, article.body))
    for field, text in texts:
        here = [span for span in spans if span.field is field]
        if here:
            yield Text(f"{field.value}: ", style="dim").append_text(marked_text(text, here, console))
    shown = {field for field, _ in texts}
    others = dict.fromkeys(f"{span.field.value}: {span.text}" for span in spans if span.field not in shown)
    for other in others:
        yield Text(printable(other))


def _print_failure(rule: RuleReport, console: Console, times: Times) -> None:
    line = Text().append(rule.rule_id, style="bold red")
    if rule.failure is not None:
        line.append(printable(f"  {rule.failure.reason}"))
    print_indented(line, console)
    if rule.failure is not None:
        print_indented(Text(printable(f"fails: {rule.failure.clause}"), style="dim"), console, 2)
    _print_past(rule, console, times)


def _print_elsewhere(rules: Sequence[RuleReport], console: Console, times: Times) -> None:
    plain = [rule.rule_id for rule in rules if rule.note is None]
    if plain:
        more = f" and {len(plain) - _MOST_NAMED:,} more" if len(plain) > _MOST_NAMED else ""
        print_indented(Text(", ".join(plain[:_MOST_NAMED]) + more), console)
    for rule in rules:
        if rule.note is not None:
            print_indented(Text(rule.rule_id), console)
            _print_past(rule, console, times)


def _print_past(rule: RuleReport, console: Console, times: Times) -> None:
    if rule.found is not None:
        print_indented(Text(_then(rule, times), style="dim"), console, 2)
    if rule.note is not None:
        print_indented(Text(rule.note, style="yellow"), console, 2)


def _then(rule: RuleReport, times: Times) -> str:
    found = rule.found
    return "" if found is None else printable(f"then: matched {times.told(found.found_at)}: {found.match.clause}")


def _story(report: ArticleReport) -> Iterator[tuple[str, Text]]:
    traced = report.traced
    yield "id", Text(traced.story_id or "")
    if not traced.sources:
        yield "sources", Text("this article alone")
    for source in traced.sources[:_MOST_SOURCES]:
        yield "also", Text(printable(f"{source.feed_title}: {source.title}"))
    more = len(traced.sources) - _MOST_SOURCES
    if more > 0:
        yield "", Text(f"and {count(more, 'more article')}", style="dim")


def _heading(text: str, console: Console) -> None:
    console.print()
    console.print(Padding(Text(text, style="bold"), (0, 0, 0, INDENT)) if console.is_terminal else Text(f"  {text}"))
