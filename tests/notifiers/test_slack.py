"""Slack: webhooks and bots over HTTP against a server that checks as Slack does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from support.emulated import Planned
from support.notifying import HOSTILE, IMAGE, about, context, failure_of, message, open_plugin
from support.slack_api import SlackApi, failure, too_many_requests

from aggregator.alerts.rendering import render
from aggregator.errors import DeliveryFailure
from aggregator.model.messages import Markup, Message, WhenUnknown
from aggregator.notifiers.slack import PLUGIN
from aggregator.ports import Notifier


@pytest.fixture
async def slack() -> AsyncIterator[SlackApi]:
    """A Slack with one workspace."""
    async with SlackApi() as server:
        yield server


def bot_for(slack: SlackApi, channel: str = "C1", token: str = "xoxb-1-secret", **options: object) -> Notifier:
    """A notifier that posts as a bot."""
    return open_plugin(PLUGIN, token=token, channel=channel, api_url=slack.api_url, **options)


def webhook_for(slack: SlackApi, **options: object) -> Notifier:
    """A notifier that posts to an incoming webhook."""
    return open_plugin(PLUGIN, webhook_url=slack.webhook_url, **options)


async def test_a_bot_posts_edits_and_replies(slack: SlackApi) -> None:
    """The receipt of a message names it for the edit in its place, and for a reply in its thread."""
    notifier = bot_for(slack)

    first = await notifier.send(message("*one*"))
    assert first.message_id is not None
    edited = await notifier.edit(first.message_id, message("*one*, also two"))
    await notifier.send(message("three", reply_to=first.message_id))
    await notifier.close()
    await notifier.close()

    assert edited == first
    assert [known.text for known in slack.messages] == ["*one*, also two", "three"]
    assert [known.thread for known in slack.messages] == [None, slack.messages[0].posted_at]


@pytest.mark.parametrize("is_bot", [True, False])
async def test_an_image_stands_below_the_text(slack: SlackApi, is_bot: bool) -> None:
    """A message with an image is a section and an image block, with words for who cannot see it."""
    notifier = bot_for(slack) if is_bot else webhook_for(slack)

    await notifier.send(message(image_url=IMAGE))
    await notifier.send(message(image_url=IMAGE, subject=""))
    await notifier.close()

    assert [(known.text, known.images) for known in slack.messages] == [("*Captives* came home", (IMAGE,))] * 2
    assert [body["blocks"][1]["alt_text"] for body in slack.bodies] == ["Captives came home", "image"]


async def test_an_edit_without_the_image_takes_it_away(slack: SlackApi) -> None:
    """An edited message shows what the edit says and nothing else."""
    notifier = bot_for(slack)
    sent = await notifier.send(message("one", image_url=IMAGE))

    await notifier.edit(sent.message_id or "", message("two"))
    await notifier.close()

    assert [(known.text, known.images) for known in slack.messages] == [("two", ())]


async def test_a_webhook_learns_no_id(slack: SlackApi) -> None:
    """A webhook can neither edit nor reply, and says so."""
    notifier = webhook_for(slack)

    sent = await notifier.send(message())
    await notifier.close()

    assert sent.message_id is None
    assert (notifier.capabilities.can_edit, notifier.capabilities.can_reply) == (False, False)
    assert [known.text for known in slack.messages] == ["*Captives* came home"]


@pytest.mark.parametrize("is_bot", [True, False])
async def test_no_title_and_no_template_can_ping(slack: SlackApi, is_bot: bool) -> None:
    """Neither a hostile title nor raw marks in a text call anybody; a date is no ping."""
    notifier = bot_for(slack) if is_bot else webhook_for(slack)

    for title in HOSTILE:
        item = about(f"{title} captives")
        await notifier.send(Message(text=render(item, notifier.capabilities, "UTC"), due=item, subject=title))
    await notifier.send(message("<!channel> <@U1> <!subteam^S1|x> @here <!date^1^{date}|1>", image_url=IMAGE))
    await notifier.close()

    assert [known.pings for known in slack.messages] == [()] * (len(HOSTILE) + 1)
    assert "<!date^1^{date}|1>" in slack.messages[-1].text


@pytest.mark.parametrize(("link_preview", "is_unfurled"), [(False, False), (True, True)])
async def test_previews_are_an_option(slack: SlackApi, link_preview: bool, is_unfurled: bool) -> None:
    """Slack shows a preview of a link only where the channel asks for it."""
    notifier = bot_for(slack, link_preview=link_preview)

    await notifier.send(message())
    await notifier.close()

    assert slack.messages[0].is_unfurled is is_unfurled


async def test_the_longest_texts_are_taken_and_longer_ones_are_not(slack: SlackApi) -> None:
    """The limits that are declared are those that Slack holds to."""
    notifier = bot_for(slack)
    capabilities = notifier.capabilities

    sent = await notifier.send(message("x" * capabilities.text_limit))
    await notifier.edit(sent.message_id or "", message("y" * capabilities.text_limit))
    await notifier.send(message("x" * (capabilities.caption_limit or 0), image_url=IMAGE))
    too_long = await failure_of(notifier.edit(sent.message_id or "", message("x" * (capabilities.text_limit + 1))))
    too_long_caption = await failure_of(
        notifier.send(message("x" * ((capabilities.caption_limit or 0) + 1), image_url=IMAGE))
    )
    await notifier.close()

    assert (too_long.reason, "msg_too_long" in too_long.detail) == (DeliveryFailure.REJECTED, True)
    assert too_long_caption.reason is DeliveryFailure.IMAGE_REFUSED


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (failure("invalid_auth"), DeliveryFailure.UNAUTHORIZED),
        (failure("account_inactive"), DeliveryFailure.UNAUTHORIZED),
        (failure("token_revoked"), DeliveryFailure.UNAUTHORIZED),
        (failure("missing_scope", needed="chat:write"), DeliveryFailure.UNAUTHORIZED),
        (failure("restricted_action"), DeliveryFailure.UNAUTHORIZED),
        (failure("channel_not_found"), DeliveryFailure.RECIPIENT_GONE),
        (failure("not_in_channel"), DeliveryFailure.RECIPIENT_GONE),
        (failure("is_archived"), DeliveryFailure.RECIPIENT_GONE),
        (failure("ratelimited"), DeliveryFailure.THROTTLED),
        (failure("service_unavailable"), DeliveryFailure.UNAVAILABLE),
        (failure("internal_error"), DeliveryFailure.OUTCOME_UNKNOWN),
        (failure("fatal_error"), DeliveryFailure.OUTCOME_UNKNOWN),
        (failure("msg_too_long"), DeliveryFailure.REJECTED),
        (failure("no_text"), DeliveryFailure.REJECTED),
        (failure("invalid_blocks"), DeliveryFailure.REJECTED),
        (failure("a_new_error"), DeliveryFailure.REJECTED),
        (failure("message_not_found"), DeliveryFailure.MESSAGE_GONE),
        (failure("cant_update_message"), DeliveryFailure.MESSAGE_GONE),
        (failure("edit_window_closed"), DeliveryFailure.MESSAGE_GONE),
        ((500, "oops", {}), DeliveryFailure.UNAVAILABLE),
        ((302, "", {"Location": "/login"}), DeliveryFailure.REJECTED),
        ((200, "<html>", {}), DeliveryFailure.OUTCOME_UNKNOWN),
        ((200, "[1]", {}), DeliveryFailure.OUTCOME_UNKNOWN),
    ],
)
async def test_each_error_has_its_reason(slack: SlackApi, answer: Planned, reason: DeliveryFailure) -> None:
    """What Slack says in its JSON decides, and its status where there is none."""
    slack.answers = [answer]
    notifier = bot_for(slack)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.reason is reason
    assert failed.retry_after is None
    assert slack.messages == []


async def test_a_missing_scope_is_named(slack: SlackApi) -> None:
    """Who reads the failure learns what to grant."""
    slack.answers = [failure("missing_scope", needed="chat:write")]
    notifier = bot_for(slack)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.detail == (
        "Slack answered missing_scope (it lacks chat:write); check the app's token or webhook and what it may do"
    )


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, "invalid_payload", DeliveryFailure.REJECTED),
        (400, "invalid_blocks", DeliveryFailure.REJECTED),
        (403, "invalid_token", DeliveryFailure.UNAUTHORIZED),
        (403, "action_prohibited", DeliveryFailure.UNAUTHORIZED),
        (403, "posting_to_general_channel_denied", DeliveryFailure.UNAUTHORIZED),
        (404, "no_service", DeliveryFailure.RECIPIENT_GONE),
        (404, "channel_not_found", DeliveryFailure.RECIPIENT_GONE),
        (404, "no_active_hooks", DeliveryFailure.UNAUTHORIZED),
        (410, "channel_is_archived", DeliveryFailure.RECIPIENT_GONE),
        (500, "rollup_error", DeliveryFailure.UNAVAILABLE),
    ],
)
async def test_each_answer_of_a_webhook_has_its_reason(
    slack: SlackApi, status: int, code: str, reason: DeliveryFailure
) -> None:
    """A webhook answers in plain words."""
    slack.answers = [(status, code, {})]
    notifier = webhook_for(slack)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.reason is reason
    assert code in failed.detail


@pytest.mark.parametrize("is_bot", [True, False])
async def test_a_flood_says_how_long_to_wait(slack: SlackApi, is_bot: bool) -> None:
    """A channel takes one message a second; what comes sooner is told when to come again."""
    slack.per_second = 1
    notifier = bot_for(slack) if is_bot else webhook_for(slack)

    await notifier.send(message("one"))
    failed = await failure_of(notifier.send(message("two")))
    await notifier.close()

    assert failed.reason is DeliveryFailure.THROTTLED
    assert failed.retry_after == timedelta(seconds=1)
    assert [known.text for known in slack.messages] == ["one"]


async def test_a_workspace_limit_is_kept_to(slack: SlackApi) -> None:
    """Slack may ask for more than a second."""
    slack.answers = [too_many_requests(30)]
    notifier = bot_for(slack)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert (failed.reason, failed.retry_after) == (DeliveryFailure.THROTTLED, timedelta(seconds=30))


@pytest.mark.parametrize("is_bot", [True, False])
async def test_an_image_that_slack_cannot_get_is_refused_alone(slack: SlackApi, is_bot: bool) -> None:
    """Slack gets the image itself; the same message without it is taken."""
    slack.broken_images = {IMAGE}
    notifier = bot_for(slack) if is_bot else webhook_for(slack)

    failed = await failure_of(notifier.send(message(image_url=IMAGE)))
    await notifier.send(message())
    await notifier.close()

    assert failed.reason is DeliveryFailure.IMAGE_REFUSED
    assert [known.images for known in slack.messages] == [()]


async def test_what_is_gone_is_told_apart(slack: SlackApi) -> None:
    """A message, a thread, a channel and a token that are no more each have their reason."""
    bot, archived, stranger = bot_for(slack), bot_for(slack, "C2"), bot_for(slack, "C3")
    unknown, other_token = bot_for(slack, "C9"), bot_for(slack, token="xoxb-other")

    reasons = [
        (await failure_of(bot.edit("C1/1.0", message()))).reason,
        (await failure_of(bot.send(message(reply_to="C1/1.0")))).reason,
        (await failure_of(archived.send(message()))).reason,
        (await failure_of(stranger.send(message()))).reason,
        (await failure_of(unknown.send(message()))).reason,
        (await failure_of(other_token.send(message()))).reason,
    ]
    for notifier in (bot, archived, stranger, unknown, other_token):
        await notifier.close()

    assert reasons == [
        DeliveryFailure.MESSAGE_GONE,
        DeliveryFailure.MESSAGE_GONE,
        DeliveryFailure.RECIPIENT_GONE,
        DeliveryFailure.RECIPIENT_GONE,
        DeliveryFailure.RECIPIENT_GONE,
        DeliveryFailure.UNAUTHORIZED,
    ]


async def test_an_answer_that_is_lost_leaves_the_outcome_open(slack: SlackApi) -> None:
    """Slack has taken the message, and nobody here knows; the policy is to send it again."""
    slack.lost_answers = 1
    notifier = bot_for(slack)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.reason is DeliveryFailure.OUTCOME_UNKNOWN
    assert len(slack.messages) == 1
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


async def test_a_message_without_a_timestamp_is_sent_all_the_same(slack: SlackApi) -> None:
    """An answer that lacks the message's name is still a receipt."""
    slack.answers = [(200, {"ok": True}, {})]
    notifier = bot_for(slack)

    sent = await notifier.send(message())
    await notifier.close()

    assert sent.message_id is None


def test_limits_are_data_without_secrets(slack: SlackApi) -> None:
    """One message a second to a channel, under names that are the same after a restart and tell no secret."""
    bot, webhook = bot_for(slack).capabilities, webhook_for(slack, images=False).capabilities

    assert bot == bot_for(slack).capabilities
    assert bot.markup is Markup.SLACK_MRKDWN
    assert [(limit.count, limit.period) for limit in bot.limits] == [(1, timedelta(seconds=1))]
    assert bot.limits[0].scope.endswith(":C1")
    assert (bot.caption_limit, webhook.caption_limit) == (3000, None)
    assert "secret" not in f"{bot}{webhook}"
    assert replace(bot, limits=()) != replace(webhook, limits=())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "type slack needs webhook_url, or token and channel"),
        ({"token": "x"}, "type slack as a bot needs token and channel: there is no channel"),
        ({"channel": "C1"}, "type slack as a bot needs token and channel: there is no token"),
        (
            {"webhook_url": "https://hooks.slack.com/services/T/B/x", "token": "x"},
            "type slack takes webhook_url, or token and channel, not both: say what it is to be",
        ),
    ],
)
def test_a_channel_is_a_webhook_or_a_bot(options: dict[str, object], problem: str) -> None:
    """Half of the one, none, or both is told before anything is sent."""
    validated = PLUGIN.options_model.model_validate(options)

    missing = PLUGIN.missing(validated, context())

    assert missing == problem


def test_a_webhook_that_is_no_address_is_refused_without_repeating_it() -> None:
    """The error names no secret."""
    with pytest.raises(ValidationError) as caught:
        PLUGIN.options_model.model_validate({"webhook_url": "ftp://hooks.slack.com/hooksecret"})

    assert [detail["msg"] for detail in caught.value.errors()] == ["Value error, not a web address"]
    assert "hooksecret" not in str(caught.value.errors(include_input=False, include_context=False))
