"""The Bot API emulator, driven by python-telegram-bot itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from support.bot_api import BotApi
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API server."""
    async with BotApi() as server:
        yield server


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    """A client of it."""
    async with Bot(api.token, base_url=f"{api.url}/bot") as client:
        yield client


def keyboard(data: str) -> InlineKeyboardMarkup:
    """One button that carries the data."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("Save", callback_data=data)]])


async def offer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a command with a button."""
    assert update.effective_chat is not None
    await context.bot.send_message(update.effective_chat.id, "Save it?", reply_markup=keyboard("save:1"))


async def save(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer the button, and change the message."""
    assert update.callback_query is not None
    await update.callback_query.edit_message_text(f"did {update.callback_query.data}")
    await update.callback_query.answer("Saved")


async def test_an_application_polls_commands_and_buttons(api: BotApi) -> None:
    """A command comes in by getUpdates, its button is pressed, and the message changes."""
    application = Application.builder().token(api.token).base_url(f"{api.url}/bot").build()
    application.add_handlers([CommandHandler("watch", offer), CallbackQueryHandler(save)])
    reader = api.world.person(7)
    async with application:
        assert application.updater is not None
        await application.updater.start_polling(timeout=5)
        await application.start()

        await reader.sends("/watch ceasefire")
        [asked] = await api.wait_for_messages(1)
        query = await api.presses(reader, asked, "Save")
        await api.world.updates.confirmed()
        await application.stop()
        await application.updater.stop()

    assert [(message.text, message.buttons) for message in api.messages] == [("did save:1", ())]
    assert api.world.answered == [(query, "Saved")]


async def test_an_update_waits_until_a_higher_offset(api: BotApi, bot: Bot) -> None:
    """It is given again until it is confirmed."""
    await api.world.person(7).sends("hello")

    first = await bot.get_updates()
    again = await bot.get_updates()
    after = await bot.get_updates(offset=first[0].update_id + 1)

    assert (again, after) == (first, ())


async def test_a_second_poll_ends_the_first(api: BotApi, bot: Bot) -> None:
    """The older of two requests is told of the conflict."""
    first = asyncio.create_task(bot.get_updates(timeout=20))
    while not api.world.updates.calls:
        await asyncio.sleep(0)

    async with Bot(api.token, base_url=f"{api.url}/bot") as other:
        await other.get_updates()

    with pytest.raises(Conflict, match="terminated by other getUpdates"):
        await first


async def test_a_webhook_gets_an_update_until_it_takes_it(api: BotApi, bot: Bot) -> None:
    """The secret comes along, a 500 is tried again, and polling is refused meanwhile."""
    secrets: list[str | None] = []

    async def take(request: web.Request) -> web.Response:
        secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        return web.Response(status=500 if len(secrets) == 1 else 200)

    application = web.Application()
    application.router.add_post("/hook", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="secret")
    await api.world.person(7).sends("hello")
    await api.world.updates.confirmed()
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    await runner.cleanup()

    assert secrets == ["secret", "secret"]
    assert api.world.updates.webhook_answers == [500, 200]


async def test_bad_buttons_and_commands_are_refused(api: BotApi, bot: Bot) -> None:
    """A button carries at most 64 bytes, a command has small letters only."""
    api.world.person(7)

    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(7, "x", reply_markup=keyboard("ж" * 33))
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Watch", "d")])
    await bot.set_my_commands([BotCommand("watch", "d")])

    assert await bot.get_my_commands() == (BotCommand("watch", "d"),)


async def test_a_bot_that_is_kicked_hears_of_it(api: BotApi, bot: Bot) -> None:
    """A change of the bot's own membership is an update."""
    admin = api.world.person(7)
    group = api.world.group(-1005, "Desk", u7="creator")

    await api.world.bot_becomes(group, "kicked", admin)
    [update] = await bot.get_updates()

    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    assert [member.user.id for member in await bot.get_chat_administrators(-1005)] == [7]
