"""Mattermost: webhooks and bots over HTTP against a server that checks as Mattermost does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from support.emulated import Planned
from support.mattermost_api import MattermostApi, failure
from support.notifying import HOSTILE, IMAGE, about, context, failure_of, message, open_plugin

from aggregator.alerts.rendering import render
from aggregator.errors import DeliveryFailure
from aggregator.model.messages import Markup, Message, WhenUnknown
from aggregator.notifiers.mattermost import PLUGIN
from aggregator.ports import Notifier


@pytest.fixture
async def server() -> AsyncIterator[MattermostApi]:
    """A Mattermost server with one channel."""
    async with MattermostApi() as started:
        yield started


def bot_for(server: MattermostApi, **options: object) -> Notifier:
    """A notifier that posts as a bot."""
    usual: dict[str, object] = {"url": server.url, "token": server.token, "channel_id": server.channel_id}
    return open_plugin(PLUGIN, **usual | options)


def webhook_for(server: MattermostApi, **options: object) -> Notifier:
    """A notifier that posts to an incoming webhook."""
    return open_plugin(PLUGIN, **{"webhook_url": server.webhook_url} | options)


async def test_a_bot_posts_edits_and_replies(server: MattermostApi) -> None:
    """The receipt of a post names it for the edit in its place, and for a reply in its thread."""
    notifier = bot_for(server)

    first = await notifier.send(message("**one**", image_url=IMAGE))
    assert first.message_id is not None
    before = server.posts[first.message_id]
    edited = await notifier.edit(first.message_id, message("**one**, also two"))
    await notifier.send(message("three", reply_to=first.message_id))
    await notifier.close()
    await notifier.close()

    assert edited == first
    assert before.images == (IMAGE,)
    assert [(post.text, post.images, post.root_id) for post in server.posts.values()] == [
        ("**one**, also two", (), ""),
        ("three", (), first.message_id),
    ]


async def test_a_webhook_learns_no_id(server: MattermostApi) -> None:
    """A webhook can neither edit nor reply, and says so; images it takes."""
    notifier = webhook_for(server)

    sent = await notifier.send(message(image_url=IMAGE))
    await notifier.close()

    assert sent.message_id is None
    assert (notifier.capabilities.can_edit, notifier.capabilities.can_reply) == (False, False)
    assert [(post.text, post.images) for post in server.posts.values()] == [("*Captives* came home", (IMAGE,))]


@pytest.mark.parametrize("is_bot", [True, False])
async def test_no_title_and_no_template_can_ping(server: MattermostApi, is_bot: bool) -> None:
    """Neither a hostile title nor raw names in a text call anybody; where links lead is left alone."""
    notifier = bot_for(server) if is_bot else webhook_for(server)

    for title in HOSTILE:
        item = about(f"{title} captives")
        await notifier.send(Message(text=render(item, notifier.capabilities, "UTC"), due=item, subject=title))
    await notifier.send(message("@channel (@all) me@home.example [x](https://example.org/@all)"))
    await notifier.close()

    posts = list(server.posts.values())
    assert [post.pings for post in posts] == [()] * (len(HOSTILE) + 1)
    assert posts[-1].text == "＠channel (＠all) me@home.example [x](https://example.org/@all)"


async def test_the_longest_text_is_taken_and_a_longer_one_is_not(server: MattermostApi) -> None:
    """The limit that is declared is the server's, and keeping names from pinging takes nothing of it."""
    notifier = bot_for(server)
    limit = notifier.capabilities.text_limit

    await notifier.send(message("@a" + "x" * (limit - 2)))
    failed = await failure_of(notifier.send(message("x" * (limit + 1))))
    await notifier.close()

    assert (notifier.capabilities.markup, limit) == (Markup.MARKDOWN, 16383)
    assert failed.reason is DeliveryFailure.REJECTED


async def test_a_post_that_may_have_arrived_is_dropped_the_second_time(server: MattermostApi) -> None:
    """The server knows a post by its pending id, so a lost answer leads to no second copy."""
    server.lost_answers = 1
    notifier = bot_for(server)

    failed = await failure_of(notifier.send(message("one")))
    sent = await notifier.send(message("one"))
    await notifier.send(message("two"))
    await notifier.close()

    assert failed.reason is DeliveryFailure.OUTCOME_UNKNOWN
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY
    assert [post.text for post in server.posts.values()] == ["one", "two"]
    assert sent.message_id in server.posts


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (failure(401, "api.context.session_expired.app_error"), DeliveryFailure.UNAUTHORIZED),
        (failure(403, "api.context.permissions.app_error"), DeliveryFailure.UNAUTHORIZED),
        (failure(501, "web.incoming_webhook.disabled.app_error"), DeliveryFailure.UNAUTHORIZED),
        (failure(404, "app.channel.get.existing.app_error"), DeliveryFailure.RECIPIENT_GONE),
        (failure(404, "web.incoming_webhook.channel.app_error"), DeliveryFailure.RECIPIENT_GONE),
        (failure(500, "web.incoming_webhook.channel.app_error"), DeliveryFailure.UNAVAILABLE),
        (failure(400, "api.post.create_post.root_id.app_error"), DeliveryFailure.MESSAGE_GONE),
        (failure(500, "app.post.save.app_error"), DeliveryFailure.UNAVAILABLE),
        (failure(400, "model.post.is_valid.message_length.app_error"), DeliveryFailure.REJECTED),
        ((502, "bad gateway", {}), DeliveryFailure.UNAVAILABLE),
        ((429, "limit exceeded", {"Retry-After": "5"}), DeliveryFailure.THROTTLED),
    ],
)
async def test_each_error_has_its_reason(server: MattermostApi, answer: Planned, reason: DeliveryFailure) -> None:
    """The id of the server's error decides, and the status where there is none."""
    server.answers = [answer, answer]
    bot, webhook = bot_for(server), webhook_for(server)

    failures = [await failure_of(bot.send(message())), await failure_of(webhook.send(message()))]
    await bot.close()
    await webhook.close()

    assert [failed.reason for failed in failures] == [reason, reason]
    waits = timedelta(seconds=5) if reason is DeliveryFailure.THROTTLED else None
    assert [failed.retry_after for failed in failures] == [waits, waits]


async def test_what_is_gone_is_told_apart(server: MattermostApi) -> None:
    """A root post, a channel, a token and a webhook that are no more each have their reason."""
    bot, other_token = bot_for(server), bot_for(server, token="other")
    elsewhere = bot_for(server, channel_id="another")
    wrong_hook = webhook_for(server, webhook_url=f"{server.webhook_url}x")

    root_gone = await failure_of(bot.send(message(reply_to="gone")))
    reasons = [
        (await failure_of(other_token.send(message()))).reason,
        (await failure_of(elsewhere.send(message()))).reason,
        (await failure_of(wrong_hook.send(message()))).reason,
    ]
    server.archived.add(server.channel_id)
    archived = await failure_of(bot.send(message()))
    for notifier in (bot, other_token, elsewhere, wrong_hook):
        await notifier.close()

    assert root_gone.reason is DeliveryFailure.MESSAGE_GONE
    assert reasons == [DeliveryFailure.UNAUTHORIZED, DeliveryFailure.UNAUTHORIZED, DeliveryFailure.RECIPIENT_GONE]
    assert archived.reason is DeliveryFailure.RECIPIENT_GONE
    assert archived.detail == (
        "Mattermost answered 400: It did not work. (api.post.create_post.can_not_post_to_deleted.error); "
        "check webhook_url or channel_id"
    )


async def test_what_cannot_be_edited_any_more_is_gone(server: MattermostApi) -> None:
    """The server says of a deleted post that the bot may not change it, and of an old one that its time is over."""
    notifier = bot_for(server)
    sent = await notifier.send(message())

    deleted = await failure_of(notifier.edit("gone", message()))
    server.may_edit = False
    old = await failure_of(notifier.edit(sent.message_id or "", message()))
    server.answers = [(404, "not found", {})]
    unknown = await failure_of(notifier.edit("gone", message()))
    server.answers = [(500, "oops", {})]
    broken = await failure_of(notifier.edit("gone", message()))
    await notifier.close()

    assert [deleted.reason, old.reason, unknown.reason] == [DeliveryFailure.MESSAGE_GONE] * 3
    assert unknown.detail == "Mattermost answered 404: not found"
    assert broken.reason is DeliveryFailure.UNAVAILABLE


async def test_a_server_that_is_flooded_says_how_long_to_wait(server: MattermostApi) -> None:
    """Where the server limits requests, its Retry-After is kept to."""
    server.is_rate_limited = True
    notifier = webhook_for(server)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert (failed.reason, failed.retry_after) == (DeliveryFailure.THROTTLED, timedelta(seconds=1))


async def test_a_post_without_an_id_is_sent_all_the_same(server: MattermostApi) -> None:
    """A 2xx is a receipt, whatever its body."""
    server.answers = [(201, "", {})]
    notifier = bot_for(server)

    sent = await notifier.send(message())
    await notifier.close()

    assert sent.message_id is None


def test_limits_are_data_without_secrets() -> None:
    """Ten requests a second to a server, however it is posted to."""
    bot = open_plugin(PLUGIN, url="https://chat.example.org/", token="secret", channel_id="c").capabilities
    webhook = open_plugin(PLUGIN, webhook_url="https://chat.example.org/hooks/secret", images=False).capabilities

    assert bot.limits == webhook.limits
    assert [(limit.scope, limit.count, limit.period) for limit in bot.limits] == [
        ("mattermost:chat.example.org", 10, timedelta(seconds=1))
    ]
    assert (bot.caption_limit, webhook.caption_limit) == (16383, None)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "type mattermost needs webhook_url, or url, token and channel_id"),
        (
            {"url": "https://chat.example.org"},
            "type mattermost as a bot needs url, token and channel_id: there is no token and channel_id",
        ),
        (
            {"webhook_url": "https://chat.example.org/hooks/x", "token": "x"},
            "type mattermost takes webhook_url, or url, token and channel_id, not both: say what it is to be",
        ),
    ],
)
def test_a_channel_is_a_webhook_or_a_bot(options: dict[str, object], problem: str) -> None:
    """Half of the one, none, or both is told before anything is sent."""
    validated = PLUGIN.options_model.model_validate(options)

    missing = PLUGIN.missing(validated, context())

    assert missing == problem
