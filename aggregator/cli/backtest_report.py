"""What a backtest found, for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from aggregator.cli.bar_chart import bar_chart, day_words, need_year
from aggregator.cli.layout import INDENT, print_facts, print_indented
from aggregator.cli.marked_words import marked_text, span_document
from aggregator.cli.output import count, printable, timestamp
from aggregator.matching.term_use import Role, TermUse
from aggregator.model.rules import Field, Span
from aggregator.operations.backtest_report import BacktestExample, BacktestReport

_MOST_FEEDS = 5
_MOST_TERMS = 20
_LONGEST_TERM = 40
_DOMINATES = 0.5
"""A feed of which half of the alerts are, or an alternative that lets half of the matches through all alone."""
_ENOUGH = 4
"""Fewer alerts or matches than this say nothing of what dominates."""


def report_document(report: BacktestReport) -> dict[str, object]:
    """Return a report as JSON documents have it; `share` is from 0 to 1."""
    worst = report.worst_hour
    return {
        "since": timestamp(report.since),
        "until": timestamp(report.until),
        "stored": report.stored,
        "articles": report.articles,
        "matched": report.matched,
        "alerts": report.alerts,
        "by_day": [{"day": one.day.isoformat(), "alerts": one.alerts} for one in report.by_day],
        "worst_hour": worst and {"starts_at": timestamp(worst.starts_at), "alerts": worst.alerts},
        "examples": [_example_document(example) for example in report.examples],
        "feeds": [
            {"feed": share.feed_id, "alerts": share.alerts, "share": round(share.share, 4)} for share in report.feeds
        ],
        "terms": [
            {"term": use.term, "role": use.role.value, "articles": use.articles, "fired": use.fired, "alone": use.alone}
            for use in report.terms
        ],
    }


def print_report(report: BacktestReport, console: Console, timezone: ZoneInfo) -> None:
    """Print a report: what it would have come to, the chart, the feeds, the terms, the examples."""
    days = len(report.by_day)
    if not report.stored:
        span = "today" if days == 1 else f"in the last {days} days"
        print_indented(
            Text(
                f"No stored article came {span}, so nothing can be said. Articles are stored as feeds are polled: "
                "`aggregator run`, or `aggregator feeds poll`, then try again; or look further back with --days."
            ),
            console,
        )
        return
    if not report.articles:
        print_indented(
            Text(f"None of the {count(report.stored, 'stored article')} is of a feed that the rule reads."), console
        )
        return
    print_facts(_facts(report, timezone), console)
    if report.alerts:
        _heading("Alerts", console)
        for line in bar_chart([(one.day, one.alerts) for one in report.by_day], console.width - INDENT):
            print_indented(Text(line), console)
    if report.terms:
        _heading("Terms", console)
        _print_terms(report, console)
    if report.examples:
        _heading("The best example" if len(report.examples) == 1 else "The best examples", console)
    for example in report.examples:
        _print_example(example, console, timezone, has_year=need_year(days))


def _facts(report: BacktestReport, timezone: ZoneInfo) -> Iterator[tuple[str, Text]]:
    days = len(report.by_day)
    alerts = f"{report.alerts:,} in {count(days, 'day')}"
    if report.alerts and days > 1:
        busiest = max(report.by_day, key=lambda one: one.alerts)
        day = day_words(busiest.day, has_year=need_year(days))
        alerts += f", {_rate(report.alerts, days)}; the most on {day}: {busiest.alerts:,}"
    yield "alerts", Text(alerts, style="bold")
    if report.worst_hour:
        starts_at = report.worst_hour.starts_at.astimezone(timezone)
        moment = f"{day_words(starts_at.date(), has_year=need_year(days))}, {starts_at:%H:%M}"
        yield "worst hour", Text(f"{count(report.worst_hour.alerts, 'alert')} from {moment} on ({timezone.key})")
    others = report.stored - report.articles
    elsewhere = f"; {others:,} more are of feeds that the rule does not read" if others else ""
    yield "matches", Text(f"{report.matched:,} of {count(report.articles, 'article')}{elsewhere}")
    if report.feeds:
        yield "feeds", _feeds(report)


def _rate(alerts: int, days: int) -> str:
    if alerts < days:
        return f"about one in {count(round(days / alerts), 'day')}"
    return f"{alerts / days:,.1f}".removesuffix(".0") + " a day"


def _feeds(report: BacktestReport) -> Text:
    shown = Text()
    for share in report.feeds[:_MOST_FEEDS]:
        dominates = report.alerts >= _ENOUGH and len(report.feeds) > 1 and share.share >= _DOMINATES
        shown.append(", " if shown else "")
        shown.append(f"{share.feed_id} {share.share:.0%}", style="yellow" if dominates else "")
        shown.append(f" ({share.alerts:,})")
    others = len(report.feeds) - _MOST_FEEDS
    return shown.append(f" and {others:,} more" if others > 0 else "")


def _print_terms(report: BacktestReport, console: Console) -> None:
    uses = list(report.terms)
    if len(uses) > _MOST_TERMS:
        uses.sort(key=lambda use: not _is_remarkable(use, report))
    shown = uses[:_MOST_TERMS]
    print_facts(((_shortened(printable(use.term)), _remark(use, report)) for use in shown), console)
    if len(uses) > len(shown):
        print_indented(Text(f"and {len(uses) - len(shown):,} more: --json has all", style="dim"), console)


def _shortened(term: str) -> str:
    return term if len(term) <= _LONGEST_TERM else term[: _LONGEST_TERM - 1] + "…"


def _is_remarkable(use: TermUse, report: BacktestReport) -> bool:
    return not use.fired or _is_often_alone(use, report)


def _is_often_alone(use: TermUse, report: BacktestReport) -> bool:
    is_alternative = use.role is Role.ALTERNATIVE
    return is_alternative and report.matched >= _ENOUGH and use.alone >= report.matched * _DOMINATES


def _remark(use: TermUse, report: BacktestReport) -> Text:
    if not use.fired:
        return Text(_why_it_never_fired(use), style="yellow")
    if use.role is Role.REQUIRED:
        return Text(f"required; in {count(use.articles, 'article')}", style="dim")
    if use.role is Role.EXCLUDED:
        alone = f", {use.alone:,} by itself alone" if use.alone else ", none by itself alone"
        return Text(f"kept {count(use.fired, 'article')} away{alone}")
    alone = f"{use.alone:,} by it alone" if use.alone else "none by it alone"
    remark = Text(f"let {count(use.fired, 'match', 'matches')} through, {alone}")
    if _is_often_alone(use, report):
        remark.append(" – would you miss them?", style="yellow")
    return remark


def _why_it_never_fired(use: TermUse) -> str:
    if use.role is Role.EXCLUDED:
        return "never kept anything away" + ("" if use.articles else ": it is in no article")
    if not use.articles:
        return "never fired: it is in no article"
    return f"never fired: it is in {count(use.articles, 'article')}, of which none matches"


def _print_example(example: BacktestExample, console: Console, timezone: ZoneInfo, *, has_year: bool) -> None:
    article, spans = example.article, example.match.spans
    came_at = example.came_at.astimezone(timezone)
    title = marked_text(article.title or "(no title)", _spans_in(spans, Field.TITLE), console)
    title.stylize("bold")
    print_indented(title, console)
    moment = f"{day_words(came_at.date(), has_year=has_year)} {came_at:%H:%M}"
    why = "" if spans else f"  {example.match.clause}"  # how like an example it is, or its language: no words to mark
    print_indented(Text(printable(f"{article.feed_id}, {moment}{why}"), style="dim"), console, 2)
    if article.url:  # unbroken, so that it can be opened from a narrow terminal too
        console.print(Text(" " * 2 * INDENT + printable(article.url), style="dim"), soft_wrap=True)
    text, marked = _excerpt(example)
    if text:
        print_indented(marked_text(text, marked, console), console, 2)


def _excerpt(example: BacktestExample) -> tuple[str, list[Span]]:
    """Return the text that has matched words, the body rather than the summary; else the lead, where words can be."""
    article = example.article
    for text, field in ((article.body, Field.BODY), (article.summary, Field.SUMMARY)):
        if spans := _spans_in(example.match.spans, field):
            return text, spans
    return article.summary or article.body, []


def _spans_in(spans: tuple[Span, ...], field: Field) -> list[Span]:
    return [span for span in spans if span.field is field]


def _heading(text: str, console: Console) -> None:
    console.print()
    console.print(Padding(Text(text, style="bold"), (0, 0, 0, INDENT)) if console.is_terminal else Text(f"  {text}"))


def _example_document(example: BacktestExample) -> dict[str, object]:
    article = example.article
    return {
        "id": article.id,
        "feed": article.feed_id,
        "title": article.title,
        "url": article.url,
        "published_at": timestamp(article.published_at),
        "came_at": timestamp(example.came_at),
        "terms": example.terms,
        "clause": example.match.clause,
        "spans": [span_document(span) for span in example.match.spans],
    }
