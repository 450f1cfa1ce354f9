"""Silences as a person adds, lists and ends them, and what a keyword holds for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, state
from support.stores import new_store

from aggregator.alerts.agenda import Agenda, Hold
from aggregator.errors import AggregatorError, NotFound, QueryError
from aggregator.model.digests import DigestReason
from aggregator.model.feeds import COMMAND_LINE
from aggregator.model.ids import ChannelId, SilenceId, StoryId
from aggregator.model.polls import PollPlan
from aggregator.model.silences import Silence, SilenceScope
from aggregator.model.stories import StoryMember
from aggregator.operations import silence as silencing
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.silence import (
    KeywordMatcher,
    SilenceRequest,
    SilenceSummary,
    add_silence,
    list_silences,
    remove_silence,
)
from aggregator.ports import Store

DESK = ChannelId("desk")
CONFIG = """
feeds: [{id: ep, url: "https://news.example/ep.xml"}]
rules: [{id: captives, query: captives, send_to: [desk]}]
channels: {desk: {type: console}, soc: {type: console}}
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that knows the feed of the configuration."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed()], NOW)
    yield store
    await store.close()


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """One rule, one feed, two channels."""
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG)
    return configure(path, {}, lambda _channel, _settings: [])


def wanted(scope: SilenceScope, value: str, **changes: object) -> SilenceRequest:
    """What is asked for, in all channels and for good."""
    made = SilenceRequest(scope=scope, value=value)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


async def test_a_silence_is_kept_with_who_and_why(store: Store, configuration: Configuration) -> None:
    """Its id follows from what it is and when it was asked for."""
    request = wanted(
        SilenceScope.RULE, " captives ", channel_id=DESK, until=NOW + HOUR, by="Ann", why=" a film, every hour "
    )

    added = await add_silence(request, configuration, store=store, now=NOW)
    again = await add_silence(request, configuration, store=store, now=NOW)
    later = await add_silence(request, configuration, store=store, now=NOW + HOUR / 2)

    expected = Silence(
        id=added.silence.id,
        channel_id=DESK,
        scope=SilenceScope.RULE,
        value="captives",
        until=NOW + HOUR,
        created_at=NOW,
        created_by="Ann",
        why="a film, every hour",
    )
    assert added == again == SilenceSummary(silence=expected)
    assert await store.list_silences(NOW) == [expected, later.silence]


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (SilenceScope.FEED, "ep"),
        (SilenceScope.FEED, "added"),
        (SilenceScope.TAG, "Never seen before"),
        (SilenceScope.KEYWORD, 'film OR "war museum"'),
    ],
)
async def test_what_is_there_can_be_silenced(
    scope: SilenceScope, value: str, store: Store, configuration: Configuration
) -> None:
    """Feeds of the configuration and added ones, any tag, any query."""
    await store.add_feeds([feed("added", owner=COMMAND_LINE)], NOW)

    added = await add_silence(wanted(scope, value), configuration, store=store, now=NOW)

    assert await store.list_silences(NOW) == [added.silence]
    assert (added.silence.value, added.silence.channel_id, added.silence.until) == (value, None, None)


async def test_a_story_is_named_by_what_belongs_to_it(store: Store, configuration: Configuration) -> None:
    """By its own id, or by that of an article, an alert or a delivery."""
    told, alone = article("told"), article("alone")
    about = alert(told, story_id=StoryId("s"))
    sent = delivery(about)
    member = StoryMember(article_id=told.id, story_id=StoryId("s"), joined_at=NOW)
    await store.apply(
        PollPlan(state=state(), new_articles=(told, alone), members=(member,), alerts=(about,), deliveries=(sent,))
    )

    for name in ("s", told.id, about.id, sent.id):
        added = await add_silence(wanted(SilenceScope.STORY, name), configuration, store=store, now=NOW)
        assert added.silence.value == "s"
    for name in ("nothing", alone.id):
        with pytest.raises(NotFound, match=f"there is no story '{name}', and no delivery or article of one"):
            await add_silence(wanted(SilenceScope.STORY, name), configuration, store=store, now=NOW)


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        (wanted(SilenceScope.RULE, "captive"), NotFound, "unknown rule 'captive'; did you mean 'captives'"),
        (wanted(SilenceScope.FEED, "epp"), NotFound, "unknown feed 'epp'; did you mean 'ep'"),
        (wanted(SilenceScope.TAG, "a", channel_id=ChannelId("dusk")), NotFound, "unknown channel 'dusk'; did you"),
        (wanted(SilenceScope.KEYWORD, "(a OR"), QueryError, "column"),
        (wanted(SilenceScope.KEYWORD, "NOT a"), QueryError, "column"),
        (wanted(SilenceScope.TAG, "  "), AggregatorError, "say which tag is to be silenced"),
        (wanted(SilenceScope.TAG, "a", until=NOW), AggregatorError, "a silence until 2026-03-01 12:00 UTC is over"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_silenced(
    request_: SilenceRequest,
    error: type[AggregatorError],
    words: str,
    store: Store,
    configuration: Configuration,
) -> None:
    """A name that is not there, a query that cannot be read, an end that is past."""
    with pytest.raises(error, match=words):
        await add_silence(request_, configuration, store=store, now=NOW)

    assert await store.list_silences(NOW) == []


async def test_silences_are_listed_with_how_many_alerts_they_met(store: Store, configuration: Configuration) -> None:
    """Of a channel, too; and ended by a person, which the log tells."""
    request = wanted(SilenceScope.FEED, "ep", channel_id=DESK, until=NOW + HOUR)
    added = (await add_silence(request, configuration, store=store, now=NOW)).silence
    await _hold_one(store, added)

    desk = await list_silences(configuration, store, NOW, channel_id=DESK)
    soc = await list_silences(configuration, store, NOW, channel_id=ChannelId("soc"))
    with capture_logs() as logs:
        removed = await remove_silence(added.id, store, NOW, by="Ann")
    ended = await list_silences(configuration, store, NOW, with_ended=True)

    assert (desk, soc) == ([SilenceSummary(silence=added, alerts=1)], [])
    assert removed == SilenceSummary(silence=replace(added, ended_at=NOW), alerts=1)
    assert [(log["event"], log["silence"], log["by"]) for log in logs] == [("silence_removed", added.id, "Ann")]
    assert await list_silences(configuration, store, NOW) == []
    assert ended == [removed]


async def _hold_one(store: Store, by: Silence) -> None:
    subject = article()
    about = alert(subject)
    made = delivery(about)
    await store.apply(
        PollPlan(
            state=state(),
            new_articles=(subject,),
            matches=(match(subject),),
            alerts=(about,),
            deliveries=(made,),
        )
    )
    assert by.until is not None
    hold = Hold(delivery_id=made.id, until=by.until, reason=DigestReason.SILENCED, silence_id=by.id)
    await store.arrange(DESK, Agenda(hold=(hold,)), NOW)


async def test_a_silence_or_a_channel_that_is_not_there_is_said(store: Store, configuration: Configuration) -> None:
    """With what shows those that are."""
    with pytest.raises(NotFound, match="there is no silence 'x', or it has ended; `aggregator silences list`"):
        await remove_silence(SilenceId("x"), store, NOW, by="Ann")
    with pytest.raises(NotFound, match="unknown channel 'dask'; did you mean 'desk'"):
        await list_silences(configuration, store, NOW, channel_id=ChannelId("dask"))


def test_a_keyword_holds_for_what_its_query_finds() -> None:
    """Word forms and phrases, as in a rule."""
    holds = KeywordMatcher()
    about = article(title="Prisoners of war were exchanged", summary="")

    assert holds('"prisoner of war"', about)
    assert not holds("museum", about)
    assert holds("exchange NOT museum", about)


def test_a_keyword_that_can_no_longer_be_read_holds_for_nothing() -> None:
    """The log says so once, however often it is asked."""
    holds = KeywordMatcher()

    with capture_logs() as logs:
        answers = [holds("(captives", article()), holds("(captives", article("b"))]

    assert answers == [False, False]
    [log] = logs
    assert (log["event"], log["log_level"], log["query"]) == ("silence_unreadable", "warning", "(captives")


def test_only_so_many_keywords_are_known_by_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was learned first is forgotten, and learned again when it is asked."""
    monkeypatch.setattr(silencing, "_MOST_QUERIES", 2)
    holds = KeywordMatcher()

    answers = [holds(query, article()) for query in ("captives", "museum", "families", "captives")]

    assert answers == [True, False, True, True]
    assert list(holds._indexes) == ["families", "captives"]
