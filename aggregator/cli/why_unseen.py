"""What can be said of an article that no feed has listed, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from aggregator.cli.layout import print_facts, print_indented
from aggregator.cli.output import count, printable
from aggregator.cli.why_times import Times
from aggregator.feeds.failures import without_credentials
from aggregator.operations.why_report import SiteFeed, WhyReport


def print_unseen(report: WhyReport, console: Console, times: Times) -> None:
    """Print what may be meant, and how the feeds of its site are doing."""
    console.print(Text(printable(f"No feed has listed {report.asked}, as far as is remembered."), style="bold"))
    if report.suggestions:
        console.print()
        print_indented(Text("Did you mean"), console)
    for one in report.suggestions:
        print_indented(Text().append(one.id, style="green").append(printable(f"  {one.title}")), console, 2)
        where = one.feed_id if one.url is None else f"{one.feed_id}, {one.url}"
        print_indented(Text(printable(where), style="dim"), console, 3)
    if report.domain is None:
        if not report.suggestions:
            print_indented(Text("Ask by its address: then its site's feeds are looked at, too."), console)
        return
    console.print()
    domain = printable(report.domain)
    if not report.feeds:
        text = f"No feed is of {domain}. `aggregator feeds discover https://{domain}/` finds those that it has, and "
        print_indented(Text(f"{text}`aggregator feeds add https://{domain}/` adds the best of them."), console)
        return
    print_indented(Text(f"Feeds with articles of {domain}"), console)
    for feed in report.feeds:
        console.print()
        address = without_credentials(feed.summary.feed.url)
        print_indented(
            Text().append(feed.summary.feed.id, style="bold").append(printable(f"  {address}"), style="dim"), console
        )
        print_facts(((f"  {label}", value) for label, value in _facts(feed, times)), console)


def _facts(feed: SiteFeed, times: Times) -> Iterator[tuple[str, Text]]:
    state = feed.summary.state
    if state.last_polled_at is None:
        yield "last read", Text("never: it was not polled yet", style="yellow")
        return
    yield "last read", Text("never" if feed.last_read_at is None else times.told(feed.last_read_at))
    if state.failures:
        fails = f"{count(state.failures, 'poll')} in a row, last {times.told(state.last_polled_at)}: {state.last_error}"
        yield "failing", Text(printable(fails), style="red")
    if state.gone_at is not None:
        yield "gone", Text(f"since {times.told(state.gone_at)}, as its server says", style="red")
    if state.listed:
        yield "lists", Text(count(state.listed, "article"))
    if state.last_gap_at is not None:
        text = (
            f"{count(state.gaps, 'time')}, last {times.told(state.last_gap_at)}: articles in between were probably lost"
        )
        yield "rolled over", Text(text, style="yellow")
    if state.baselined_at is not None:
        yield "first read", Text(f"{times.told(state.baselined_at)}; what it no longer listed then is not known")
    yield "next poll", Text(times.told(state.next_poll_at))
    yield "stored", Text(f"{count(feed.summary.articles, 'article')}, {feed.from_site:,} of them of this site")
