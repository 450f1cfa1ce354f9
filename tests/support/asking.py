"""Questions about articles that a desk has read: a real store after real polls, asked as `why` asks it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from support.archives import latest
from support.desk import Desk

from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.operations.configure import configure
from aggregator.operations.why import WhyContext, why
from aggregator.operations.why_report import ArticleReport, ChannelReport, WhyReport

RULES = """
polling: {interval: 1h, min_interval: 2m, pacing: fixed}
rules:
  - {id: r1, query: captives, send_to: [desk]}
  - {id: failing, query: captives AND museum, send_to: [desk]}
  - {id: elsewhere, query: captives, feeds: {tags: [ukraine]}, send_to: [ops]}
channels: {desk: {type: console}, ops: {type: console}}
"""
FOURTH = "https://news.example/report/4"
DESK = ChannelId("desk")


def use(desk: Desk, config: str) -> None:
    """Have the desk work with another configuration from now on."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text(config)
        desk.polled.configuration = configure(path, {}, lambda _channel, _settings: [])


async def ask(desk: Desk, asked: str, channel: str | None = None) -> WhyReport:
    """Ask about an article, now."""
    polls = desk.polled
    context = WhyContext(
        store=polls.store,
        configuration=polls.configuration,
        now=polls.now,
        channel_id=None if channel is None else ChannelId(channel),
    )
    return await why(asked, context)


async def ask_one(desk: Desk, asked: str = FOURTH, channel: str | None = None) -> ArticleReport:
    """Ask about an article that is known, once."""
    [report] = (await ask(desk, asked, channel)).articles
    return report


async def read_fourth(desk: Desk, config: str = RULES) -> None:
    """Have the desk read report 4, which is news, by these rules."""
    use(desk, config)
    desk.serve(latest(4))
    await desk.poll()


async def first_delivery(desk: Desk) -> DeliveryId:
    """The id of the one delivery that there is."""
    [summary] = await desk.polled.store.list_deliveries()
    return summary.delivery.id


def only(report: ArticleReport) -> ChannelReport:
    """The one channel of a report."""
    [channel] = report.channels
    return channel
