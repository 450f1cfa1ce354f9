"""Discord: webhooks over HTTP against a server that checks and limits as Discord does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import ValidationError
from support.discord_api import DiscordApi, failure, too_many_requests
from support.emulated import Planned
from support.notifying import HOSTILE, IMAGE, about, failure_of, message, open_plugin

from aggregator.alerts.rendering import render
from aggregator.errors import DeliveryFailure
from aggregator.model.messages import LengthUnit, Markup, Message, WhenUnknown
from aggregator.notifiers.discord import PLUGIN
from aggregator.ports import Notifier


@pytest.fixture
async def discord() -> AsyncIterator[DiscordApi]:
    """A Discord with one webhook."""
    async with DiscordApi() as server:
        yield server


def notifier_for(discord: DiscordApi, **options: object) -> Notifier:
    """A notifier for the webhook."""
    return open_plugin(PLUGIN, **{"webhook_url": discord.webhook_url} | options)


async def test_a_message_is_an_embed_that_can_be_edited(discord: DiscordApi) -> None:
    """The receipt of a message names it for the edit in its place; the image goes with the edit that lacks it."""
    notifier = notifier_for(discord)

    sent = await notifier.send(message("**one**", image_url=IMAGE))
    assert sent.message_id is not None
    before = discord.messages[sent.message_id]
    edited = await notifier.edit(sent.message_id, message("**one**, also two"))
    await notifier.close()
    await notifier.close()

    assert edited == sent
    assert (before.text, before.images, before.color) == ("**one**", (IMAGE,), 0x5865F2)
    [after] = discord.messages.values()
    assert (after.text, after.images) == ("**one**, also two", ())


async def test_a_thread_takes_messages_and_edits(discord: DiscordApi) -> None:
    """In a forum or a thread, sending and editing both name it."""
    discord.is_forum = True
    notifier = notifier_for(discord, thread_id=777)

    sent = await notifier.send(message("one"))
    await notifier.edit(sent.message_id or "", message("two"))
    await notifier.close()

    assert [(known.text, known.thread_id) for known in discord.messages.values()] == [("two", "777")]


async def test_a_forum_without_a_thread_says_what_to_set(discord: DiscordApi) -> None:
    """A webhook of a forum cannot post beside its threads."""
    discord.is_forum = True
    notifier = notifier_for(discord)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.reason is DeliveryFailure.MISCONFIGURED
    assert failed.detail.endswith("; set thread_id to the post of the forum that alerts go to")


async def test_no_title_and_no_template_can_ping(discord: DiscordApi) -> None:
    """Neither a hostile title nor raw names in a text call anybody, sent or edited."""
    discord.limit = 1_000
    notifier = notifier_for(discord)

    for title in HOSTILE:
        item = about(f"{title} captives")
        await notifier.send(Message(text=render(item, notifier.capabilities, "UTC"), due=item, subject=title))
    sent = await notifier.send(message("@everyone @here <@1>"))
    await notifier.edit(sent.message_id or "", message("@everyone @here"))
    await notifier.close()

    assert [known.pings for known in discord.messages.values()] == [()] * (len(HOSTILE) + 1)


async def test_the_longest_text_is_taken_and_a_longer_one_is_not(discord: DiscordApi) -> None:
    """The limit that is declared is the one that Discord holds to, with an image or without."""
    notifier = notifier_for(discord)
    capabilities = notifier.capabilities

    await notifier.send(message("x" * capabilities.text_limit))
    await notifier.send(message("x" * (capabilities.caption_limit or 0), image_url=IMAGE))
    too_long = await failure_of(notifier.send(message("x" * (capabilities.text_limit + 1))))
    empty = await failure_of(notifier.send(message(" ")))
    await notifier.close()

    assert (capabilities.markup, capabilities.length_unit) == (Markup.DISCORD_MARKDOWN, LengthUnit.UTF16_UNITS)
    assert (too_long.reason, "Invalid Form Body" in too_long.detail) == (DeliveryFailure.REJECTED, True)
    assert empty.reason is DeliveryFailure.REJECTED


async def test_an_image_that_discord_refuses_is_refused_alone(discord: DiscordApi) -> None:
    """The same message without the image is taken."""
    notifier = notifier_for(discord)

    failed = await failure_of(notifier.send(message(image_url="data:nothing")))
    await notifier.send(message())
    await notifier.close()

    assert failed.reason is DeliveryFailure.IMAGE_REFUSED
    assert [known.images for known in discord.messages.values()] == [()]


async def test_a_limit_that_is_used_up_is_not_run_into(discord: DiscordApi) -> None:
    """After the fifth message the headers say that nothing is left: the sixth waits without asking Discord."""
    notifier = notifier_for(discord)
    sent = [await notifier.send(message(str(number))) for number in range(5)]

    failed = await failure_of(notifier.send(message("6")))
    await notifier.edit(sent[0].message_id or "", message("edits have a limit of their own"))
    await notifier.close()

    assert failed.reason is DeliveryFailure.THROTTLED
    assert failed.retry_after is not None
    assert timedelta(0) < failed.retry_after <= timedelta(seconds=2)
    assert (len(discord.messages), sum(discord.requests.values()), discord.refused) == (5, 6, {})


async def test_a_limit_that_another_used_up_says_how_long_to_wait(discord: DiscordApi) -> None:
    """A webhook may be shared: its 429 counts to the millisecond, and holds the next message too."""
    first, second = notifier_for(discord), notifier_for(discord)
    for number in range(5):
        await first.send(message(str(number)))

    failed = await failure_of(second.send(message()))
    again = await failure_of(second.send(message()))
    await first.close()
    await second.close()

    assert (failed.reason, again.reason) == (DeliveryFailure.THROTTLED, DeliveryFailure.THROTTLED)
    assert failed.retry_after is not None
    assert timedelta(0) < failed.retry_after <= timedelta(seconds=2)
    assert discord.refused == {429: 1}


@pytest.mark.parametrize(
    ("answer", "seconds", "detail"),
    [
        (too_many_requests(0.35), 0.35, "Discord's limit is used up for now"),
        (too_many_requests(12.5, is_global=True), 12.5, "Discord's global limit is used up for now"),
        ((429, "error code: 1015", {"Retry-After": "40"}), 40, "Discord's limit is used up for now"),
        ((429, {"retry_after": "soon"}, {"Retry-After": "7"}), 7, "Discord's limit is used up for now"),
        ((429, {"retry_after": 10**400}, {"Retry-After": "7"}), 7, "Discord's limit is used up for now"),
        ((429, '{"retry_after": NaN}', {"Retry-After": "7"}), 7, "Discord's limit is used up for now"),
        ((429, {"retry_after": -1}, {}), None, "Discord's limit is used up for now"),
        ((429, {"retry_after": [1]}, {}), None, "Discord's limit is used up for now"),
    ],
)
async def test_what_a_flood_asks_for(discord: DiscordApi, answer: Planned, seconds: float | None, detail: str) -> None:
    """The body says how long, the header where the body does not, and nonsense is no time."""
    discord.answers = [answer]
    notifier = notifier_for(discord)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert (failed.reason, failed.detail) == (DeliveryFailure.THROTTLED, detail)
    assert failed.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_global_limit_holds_edits_too(discord: DiscordApi) -> None:
    """While a global limit lasts, nothing at all is asked."""
    notifier = notifier_for(discord)
    sent = await notifier.send(message())
    discord.answers = [too_many_requests(30, is_global=True)]

    await failure_of(notifier.send(message()))
    edit = await failure_of(notifier.edit(sent.message_id or "", message()))
    await notifier.close()

    assert edit.reason is DeliveryFailure.THROTTLED
    assert sum(discord.requests.values()) == 2


async def test_a_limit_without_its_time_holds_nothing(discord: DiscordApi) -> None:
    """Headers that do not say how long are no reason to wait."""
    discord.answers = [(200, {"id": "1"}, {"X-RateLimit-Remaining": "0"})]
    notifier = notifier_for(discord)

    await notifier.send(message())
    await notifier.send(message())
    await notifier.close()

    assert len(discord.messages) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (failure(404, 10003, "Unknown Channel"), DeliveryFailure.RECIPIENT_GONE),
        (failure(404, 10008, "Unknown Message"), DeliveryFailure.MESSAGE_GONE),
        (failure(404, 10015, "Unknown Webhook"), DeliveryFailure.RECIPIENT_GONE),
        (failure(400, 30046, "Maximum number of edits"), DeliveryFailure.MESSAGE_GONE),
        (failure(403, 50001, "Missing Access"), DeliveryFailure.UNAUTHORIZED),
        (failure(403, 50013, "Missing Permissions"), DeliveryFailure.UNAUTHORIZED),
        (failure(401, 50027, "Invalid Webhook Token"), DeliveryFailure.UNAUTHORIZED),
        (failure(400, 50083, "Thread is archived"), DeliveryFailure.RECIPIENT_GONE),
        (failure(400, 50035, "Invalid Form Body"), DeliveryFailure.REJECTED),
        (failure(400, 240000, "Blocked by harmful links filter"), DeliveryFailure.REJECTED),
        (failure(503, 130000, "API resource overloaded"), DeliveryFailure.UNAVAILABLE),
        (failure(401, 0, "401: Unauthorized"), DeliveryFailure.UNAUTHORIZED),
        ((502, "bad gateway", {}), DeliveryFailure.UNAVAILABLE),
        ((404, "<html>", {}), DeliveryFailure.RECIPIENT_GONE),
        ((400, {"code": "1"}, {}), DeliveryFailure.REJECTED),
    ],
)
async def test_each_error_has_its_reason(discord: DiscordApi, answer: Planned, reason: DeliveryFailure) -> None:
    """Discord's own codes decide, and the status where there is none."""
    discord.answers = [answer]
    notifier = notifier_for(discord)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.reason is reason


async def test_what_is_gone_is_told_apart(discord: DiscordApi) -> None:
    """A message, a thread, a webhook and a token that are no more each have their reason."""
    known, thread = notifier_for(discord), notifier_for(discord, thread_id=888)
    gone = notifier_for(discord, webhook_url=discord.webhook_url.replace("666", "667"))
    wrong = notifier_for(discord, webhook_url=f"{discord.webhook_url}x")

    reasons = [
        (await failure_of(known.edit("1", message()))).reason,
        (await failure_of(thread.send(message()))).reason,
        (await failure_of(gone.send(message()))).reason,
        (await failure_of(wrong.send(message()))).reason,
    ]
    for notifier in (known, thread, gone, wrong):
        await notifier.close()

    assert reasons == [
        DeliveryFailure.MESSAGE_GONE,
        DeliveryFailure.RECIPIENT_GONE,
        DeliveryFailure.RECIPIENT_GONE,
        DeliveryFailure.UNAUTHORIZED,
    ]


async def test_an_answer_that_is_lost_leaves_the_outcome_open(discord: DiscordApi) -> None:
    """Discord has taken the message, and nobody here knows; the policy is to send it again."""
    discord.lost_answers = 1
    notifier = notifier_for(discord)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.reason is DeliveryFailure.OUTCOME_UNKNOWN
    assert len(discord.messages) == 1
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


async def test_a_message_without_an_id_is_sent_all_the_same(discord: DiscordApi) -> None:
    """A 2xx is a receipt, whatever its body."""
    discord.answers = [(200, "", {})]
    notifier = notifier_for(discord)

    sent = await notifier.send(message())
    await notifier.close()

    assert sent.message_id is None


async def test_no_failure_tells_the_token(discord: DiscordApi) -> None:
    """What a proxy repeats of the address is struck out."""
    discord.answers = [(404, f"Cannot POST /api/v10/webhooks/1/{discord.webhook_token}", {})]
    notifier = notifier_for(discord)

    failed = await failure_of(notifier.send(message()))
    await notifier.close()

    assert failed.detail == "Discord answered 404: Cannot POST /api/v10/webhooks/1/***"


def test_limits_are_data_without_secrets(discord: DiscordApi) -> None:
    """Five messages in two seconds and thirty a minute, under the webhook's number."""
    capabilities = notifier_for(discord).capabilities

    assert [(limit.scope, limit.count, limit.period) for limit in capabilities.limits] == [
        ("discord:111222333444555666", 5, timedelta(seconds=2)),
        ("discord:111222333444555666:channel", 30, timedelta(minutes=1)),
    ]
    assert (capabilities.can_edit, capabilities.can_reply) == (True, False)
    assert notifier_for(discord, images=False).capabilities.caption_limit is None


@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/channels/1/2",
        "https://discord.com/api/webhooks/1",
        "https://discord.com/api/webhooks/one/token",
        "https://discord.com/api/webhooks/1/token?thread_id=2",
        "discord.com/api/webhooks/1/token",
    ],
)
def test_what_is_no_webhook_is_refused(address: str) -> None:
    """A wrong address is told before anything is sent, and not repeated."""
    with pytest.raises(ValidationError) as caught:
        PLUGIN.options_model.model_validate({"webhook_url": address})

    assert [detail["msg"] for detail in caught.value.errors()] in (
        ["Value error, not a webhook of Discord"],
        ["Value error, not a web address"],
    )


@pytest.mark.parametrize(
    "address",
    ["https://discord.com/api/webhooks/1/t-_k", "https://discordapp.com/api/v6/webhooks/1/t-_k/"],
)
def test_every_way_to_write_a_webhook_is_taken(address: str) -> None:
    """Whatever version is written, the one that we speak is asked."""
    options = PLUGIN.options_model.model_validate({"webhook_url": address})

    assert options.webhook_url.get_secret_value().endswith("/api/v10/webhooks/1/t-_k")
