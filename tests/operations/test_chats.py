"""What a chat does with the bot, on a real store and a real rule index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW, article, feed, state
from support.chats import ONE
from support.stores import new_store

from aggregator.errors import NotFound, QueryError, QuotaReached
from aggregator.model.chats import Chat, ChatKind
from aggregator.model.ids import RuleId
from aggregator.model.polls import PollPlan
from aggregator.model.rules import Priority
from aggregator.operations.audience import Audience
from aggregator.operations.chats import Arrival, ChatDesk
from aggregator.operations.configure import Configuration, configure
from aggregator.storage.store import SqlStore

ARRIVAL = Arrival(chat_id=1, kind=ChatKind.PRIVATE, title="Ann", user_id=1, language="uk", timezone="Europe/Kyiv")
DRONES = RuleId("drones")


@dataclass
class Office:
    """A desk on a store, and how it is after a restart."""

    store: SqlStore
    configuration: Configuration
    desk: ChatDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = ChatDesk(store=self.store, audience=Audience(self.configuration), clock=lambda: NOW, max_watches=2)

    async def restarted(self) -> Audience:
        """Return who hears of what when the process starts again."""
        chats, watches = await self.store.chats(), await self.store.watches()
        return Audience(self.configuration, chats, watches, await self.store.chat_subscriptions())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """An operator's rule, and no chat yet."""
    path = tmp_path / "a.yaml"
    path.write_text("rules: [{id: drones, query: drone}]\n")
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield Office(store, configure(path, {}, lambda _channel, _settings: []))
    await store.close()


async def entered(office: Office) -> Chat:
    """A chat that said its first word."""
    return await office.desk.enter(ARRIVAL)


async def test_a_chat_is_made_known_once(office: Office) -> None:
    """It begins with the language of who came; a new title is taken over."""
    first = await entered(office)
    again = await entered(office)
    renamed = await office.desk.enter(replace(ARRIVAL, title="Ann B", language="en"))

    assert first == again
    assert (first.channel_id, first.language, first.is_active) == (ONE, "uk", True)
    assert (renamed.title, renamed.language) == ("Ann B", "uk")
    assert await office.store.chats() == [renamed]


async def test_one_that_stopped_hears_again_when_it_comes_back(office: Office) -> None:
    """What it watches is kept meanwhile."""
    chat = await entered(office)
    await office.desk.watch(chat, "captives", 1)

    stopped = await office.desk.stop(chat)
    was_enabled = office.desk.audience.configuration.channels[ONE].enabled
    entered_only = await entered(office)
    back = await office.desk.resume(entered_only)
    again = await office.desk.resume(back)

    assert (stopped.is_active, was_enabled, entered_only.is_active, back.is_active) == (False, False, False, True)
    assert again is back
    assert [watch.query for watch in office.desk.audience.watches(ONE)] == ["captives"]


async def test_a_watch_is_heard_at_once_and_after_a_restart(office: Office) -> None:
    """The same query again is the same watch."""
    chat = await entered(office)

    made = await office.desk.watch(chat, "captives " * 10, 1, Priority.HIGH)
    again = await office.desk.watch(chat, "captives " * 10, 1)

    assert (again, made.rule.priority, len(made.title), made.title[-1]) == (made, Priority.HIGH, 60, "…")
    found = office.desk.audience.configuration.index.matching_rules(article(title="Captives"))
    assert found == [made.id]
    assert (await office.restarted()).watches(ONE) == [made]


async def test_a_chat_has_so_many_watches_and_no_more(office: Office) -> None:
    """A query that cannot be read takes no place."""
    chat = await entered(office)
    await office.desk.watch(chat, "one", 1)
    with pytest.raises(QueryError):
        await office.desk.watch(chat, "(two", 1)
    second = await office.desk.watch(chat, "two", 1)

    with pytest.raises(QuotaReached, match="has 2 watches, and may have 2"):
        await office.desk.watch(chat, "three", 1)
    await office.desk.unwatch(chat, second.id)
    third = await office.desk.watch(chat, "three", 1)

    assert [watch.query for watch in await office.store.watches()] == ["one", third.query]
    with pytest.raises(NotFound):
        await office.desk.unwatch(chat, second.id)


async def test_a_preview_counts_what_was_and_changes_nothing(office: Office) -> None:
    """Of the last thirty days."""
    chat = await entered(office)
    old = article("old", title="Captives long ago", published_at=NOW - timedelta(days=40))
    new = article("new", title="Captives freed", published_at=NOW - timedelta(hours=2))
    for one in (old, new):
        at = one.published_at + timedelta(minutes=1)
        baselined = NOW - timedelta(days=90)
        await office.store.apply(PollPlan(state=state(last_polled_at=at, baselined_at=baselined), new_articles=(one,)))

    report = await office.desk.preview(chat, "captives")

    assert (report.alerts, [example.article.title for example in report.examples]) == (1, ["Captives freed"])
    assert await office.store.watches() == []


async def test_a_chat_follows_rules_of_the_operator(office: Office) -> None:
    """Until it no longer wants to; a rule that there is not is named."""
    chat = await entered(office)

    await office.desk.follow(chat, DRONES)
    followed = (await office.restarted()).followed(ONE)
    await office.desk.unfollow(chat, DRONES)

    assert (followed, (await office.restarted()).followed(ONE)) == ([DRONES], [])
    assert office.desk.audience.followed(ONE) == []
    with pytest.raises(NotFound, match="there is no rule 'dron'"):
        await office.desk.follow(chat, RuleId("dron"))
