"""Updates of alerts: more sources and changed headlines, in place, as a reply, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.bot_api import failure
from support.builders import NOW, alert, article, delivery, state
from support.outbox import DESK, Outbox, Printer, telegram_outbox

from aggregator.alerts.agenda import Agenda, Fold, Hold
from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import ArticleChange, Delivery, DeliveryKind, DeliveryStatus, DueDelivery, Sent
from aggregator.model.articles import Article
from aggregator.model.digests import DigestReason
from aggregator.model.ids import DeliveryId
from aggregator.model.messages import Capabilities, Markup, Message, RateLimit
from aggregator.model.polls import PollPlan
from aggregator.model.stories import StoryMember
from aggregator.notifiers.registry import NotifierSet
from aggregator.operations.deliver import DrainReport

FIRST = article("first", title="Relatives of captives pressed", image_url="https://news.example/photo.jpg")
OTHER = article("other", title="Families of prisoners approached")
ALERT = alert(FIRST, DESK)
RENAMED = replace(FIRST, title="Relatives of prisoners pressed", content_hash="2")


def member(of: Article) -> StoryMember:
    """An article of the alert's story."""
    return StoryMember(article_id=of.id, story_id=ALERT.story_id, joined_at=NOW)


def update(name: str, **changes: object) -> Delivery:
    """An update of the alert."""
    made = delivery(ALERT, id=DeliveryId(name), kind=DeliveryKind.UPDATE)
    return replace(made, **changes)  # type: ignore[arg-type] # the test names fields


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Outbox]:
    """A chat to which the alert has been sent."""
    async with telegram_outbox(tmp_path) as outbox:
        await alerted(outbox)
        yield outbox


async def alerted(outbox: Outbox) -> None:
    """Send the alert."""
    plan = PollPlan(
        state=state(), new_articles=(FIRST,), members=(member(FIRST),), alerts=(ALERT,), deliveries=(delivery(ALERT),)
    )
    await outbox.store.apply(plan)
    assert await outbox.drain() == DrainReport(sent=1)


async def joined(outbox: Outbox, name: str = "u1") -> None:
    """Have another article join the story."""
    plan = PollPlan(
        state=state(),
        new_articles=(OTHER,),
        members=(member(OTHER),),
        alerts=(replace(ALERT, article_id=OTHER.id),),
        deliveries=(delivery(ALERT), update(name)),
    )
    await outbox.store.apply(plan)


async def changed(outbox: Outbox, *, is_reply: bool) -> None:
    """Have the publisher change the headline."""
    change = ArticleChange(before=FIRST.title, after=RENAMED.title)
    plan = PollPlan(
        state=state(),
        updated_articles=(RENAMED,),
        listed=(RENAMED.key,),
        deliveries=(update("u2", change=change, is_reply=is_reply),),
    )
    await outbox.store.apply(plan)


async def test_one_more_source_changes_the_message_in_place(desk: Outbox) -> None:
    """Nothing is sent anew: the message says who else reports it, with a link; said again, it changes nothing."""
    await joined(desk)
    first = await desk.drain()
    await joined(desk, "u1 again")
    again = await desk.drain()

    [message] = desk.bot.messages
    assert (first, again) == (DrainReport(sent=1), DrainReport(sent=1))
    assert desk.bot.edits == [1]
    assert "also: " in message.text.lower()
    assert OTHER.url in message.links


async def test_a_changed_headline_is_shown_in_place(desk: Outbox) -> None:
    """The message has the new words; a word diff says what they were."""
    await changed(desk, is_reply=False)

    report = await desk.drain()

    [message] = desk.bot.messages
    assert report == DrainReport(sent=1)
    assert "prisoners" in message.text
    assert "captives" in message.text


async def test_a_changed_headline_can_be_a_reply(desk: Outbox) -> None:
    """Where a rule asks to be alerted, it is a message of its own that answers the first one."""
    await changed(desk, is_reply=True)

    report = await desk.drain()

    assert report == DrainReport(sent=1)
    assert [message.reply_to for message in desk.bot.messages] == [None, 1]


async def test_a_message_that_a_reader_deleted_is_left_alone(desk: Outbox) -> None:
    """The update is skipped, with the reason; it is no dead letter."""
    desk.bot.deleted.add(1)
    await joined(desk)

    report = await desk.drain()

    [skipped] = await desk.store.list_deliveries(statuses=[DeliveryStatus.SKIPPED])
    assert report == DrainReport()
    assert skipped.delivery.reason == "Message to edit not found"


async def test_an_edit_that_fails_for_now_is_tried_again(desk: Outbox) -> None:
    """It keeps its place in the channel's order."""
    await joined(desk)
    desk.bot.answers = [failure(500, "Internal Server Error")]

    report = await desk.drain()

    assert report == DrainReport(retrying=1)


async def test_an_update_of_an_alert_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    """Whoever subscribed later gets the alert itself; a change to an article that was no alert is no message."""
    async with telegram_outbox(tmp_path) as outbox:
        await joined(outbox)
        await changed(outbox, is_reply=True)
        kinds = [row.delivery.kind for row in await outbox.store.list_deliveries()]

    assert kinds == [DeliveryKind.NEW]


async def test_a_change_to_another_article_of_the_story_is_no_change_to_the_alert(desk: Outbox) -> None:
    """The alert shows its own article's headline."""
    change = ArticleChange(before="a", after="b")
    plan = PollPlan(
        state=state(), updated_articles=(OTHER,), listed=(OTHER.key,), deliveries=(update("u3", change=change),)
    )

    await desk.store.apply(plan)

    assert [row.delivery.kind for row in await desk.store.list_deliveries()] == [DeliveryKind.NEW]


async def test_an_image_that_cannot_be_got_is_left_out(tmp_path: Path) -> None:
    """The alert is sent as text at once: it is worth more than its picture. It can still be changed."""
    async with telegram_outbox(tmp_path, images=True) as outbox:
        outbox.bot.bad_images.add("https://news.example/photo.jpg")
        await alerted(outbox)
        await joined(outbox)
        edited = await outbox.drain()

        [message] = outbox.bot.messages
    assert edited == DrainReport(sent=1)
    assert message.photo is None
    assert outbox.bot.edits == [1]


class Forgetful:
    """A service on which what an answer refers to is always gone, and that takes one message an hour."""

    capabilities = Capabilities(
        markup=Markup.PLAIN,
        text_limit=1000,
        can_reply=True,
        limits=(RateLimit(scope="forgetful", count=1, period=timedelta(hours=1)),),
    )

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> Sent:
        """Take what answers nothing."""
        if message.reply_to is not None:
            raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, "it was deleted")
        self.sent.append(message)
        return Sent(message_id="9")

    async def edit(self, message_id: str, message: Message) -> Sent:
        """It cannot, and says so in its capabilities."""
        raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, f"{message_id} of {message.subject}")

    async def close(self) -> None:
        """Nothing is open."""


async def test_an_answer_to_what_is_gone_is_sent_on_its_own(desk: Outbox) -> None:
    """The word that a headline changed is worth more than where it hangs."""
    notifier = Forgetful()
    desk.notifiers = NotifierSet(by_channel={DESK: notifier})
    await changed(desk, is_reply=True)

    report = await desk.drain()

    assert report == DrainReport(sent=1)
    assert [message.reply_to for message in notifier.sent] == [None]


async def test_a_stop_ends_the_wait_for_a_turn(desk: Outbox) -> None:
    """What waits for the service's limit when the process is told to stop stays due."""
    notifier = Forgetful()
    desk.notifiers = NotifierSet(by_channel={DESK: notifier})
    await desk.plan("a", "b")
    draining = asyncio.create_task(desk.drain())
    while "forgetful" not in await desk.store.recent_sends():
        await asyncio.sleep(0)
    await desk.store.recent_sends()  # by now the second one waits

    desk.stopping.set()

    assert await draining == DrainReport(sent=1)
    assert (await desk.store.count_deliveries(DESK))[DeliveryStatus.PENDING] == 1


def in_a_digest(first: Delivery) -> Agenda:
    """An agenda that has a digest tell the alert."""
    due = DueDelivery(delivery=first, alert=ALERT, article=FIRST, feed_title="f", matches=())
    return Agenda(fold=(Fold(reason=DigestReason.OVERFLOW, items=(due,)),))


@pytest.mark.parametrize("is_reply", [False, True])
async def test_an_update_of_what_is_still_to_be_told_is_left_out(tmp_path: Path, *, is_reply: bool) -> None:
    """The digest that tells the alert tells it as it is then."""
    async with telegram_outbox(tmp_path) as desk:
        await desk.store.apply(
            PollPlan(state=state(), new_articles=(FIRST,), alerts=(ALERT,), deliveries=(delivery(ALERT),))
        )
        quiet = Hold(delivery_id=delivery(ALERT).id, until=NOW + timedelta(hours=9), reason=DigestReason.QUIET_HOURS)
        await desk.store.arrange(DESK, Agenda(hold=(quiet,)), NOW)
        await changed(desk, is_reply=is_reply)

        report = await desk.drain()

        assert report == DrainReport()
        [skipped] = await desk.store.list_deliveries(kinds=[DeliveryKind.UPDATE])
        assert skipped.delivery.reason == "its alert was still to be sent, and tells it"


async def test_what_a_digest_told_is_answered_but_not_changed(tmp_path: Path) -> None:
    """To change the page of a digest would take the other alerts from it."""
    async with telegram_outbox(tmp_path) as desk:
        await desk.store.apply(
            PollPlan(state=state(), new_articles=(FIRST,), alerts=(ALERT,), deliveries=(delivery(ALERT),))
        )
        await desk.store.arrange(DESK, in_a_digest(delivery(ALERT)), NOW)
        assert await desk.drain() == DrainReport(sent=1)
        await joined(desk)
        await changed(desk, is_reply=True)

        report = await desk.drain()

        assert report == DrainReport(sent=1)
        assert [message.reply_to for message in desk.bot.messages] == [None, 1]
        assert desk.bot.edits == []


async def test_of_several_changes_to_one_message_the_last_is_made(desk: Outbox) -> None:
    """It reads the same, and costs the chat one call instead of two."""
    await joined(desk)
    await changed(desk, is_reply=False)

    report = await desk.drain()

    assert report == DrainReport(sent=1)
    assert desk.bot.edits == [1]
    skipped = await desk.store.list_deliveries(statuses=[DeliveryStatus.SKIPPED])
    assert [row.delivery.reason for row in skipped] == ["another change to the same message followed at once"]


async def test_where_nothing_can_be_changed_a_change_is_left_out(tmp_path: Path) -> None:
    """With the reason, for `why`; what is to be an answer comes."""
    async with telegram_outbox(tmp_path) as desk:
        printer = Printer()
        desk.notifiers = NotifierSet(by_channel={DESK: printer})
        await alerted(desk)
        await joined(desk)
        await desk.drain()
        await changed(desk, is_reply=True)
        await desk.drain()

        statuses = await desk.store.list_deliveries(kinds=[DeliveryKind.UPDATE])
        assert [row.delivery.status for row in statuses] == [DeliveryStatus.SENT, DeliveryStatus.SKIPPED]
        assert statuses[1].delivery.reason == "this kind of channel cannot change a message"
        assert len(printer.sent) == 2
