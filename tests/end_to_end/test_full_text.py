"""The word that stands only on an article's page, from a web site to a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.bot_api import BotApi
from support.program import Program
from support.site import Document, Site, news_page, rss_item

CONFIG = """
polling: {{interval: 1s, min_interval: 1s, host_delay: 0s}}
feeds:
  - {{id: site, url: "{site}/feed", full_text: {mode}}}
rules:
  - {{id: coercion, title: "Pressure on families", query: 'координаційний OR координаційному', priority: high}}
channels:
  desk: {{type: telegram, chat_id: 42}}
telegram: {{token: "1000:test-token", api_url: "{bot}"}}
{more}
"""
ALLOW = "network: {allow: [127.0.0.0/8]}"
TITLE = "Родинам полонених телефонують невідомі"
SUMMARY = "Родичам військовополонених щодня телефонують."
PARAGRAPHS = [
    "Родичам військовополонених щодня телефонують люди, які називають себе представниками червоного хреста.",
    "Вони обіцяють швидкий обмін, якщо сім'я розкаже, де стоїть підрозділ, і надішле знімки з околиць міста.",
    "У координаційному штабі просять не відповідати на такі дзвінки та повідомляти про них слідчим служби безпеки.",
]
HEAD = (
    '<meta name="author" content="Олена Приклад"><meta property="article:published_time" content="2024-08-08T09:30Z">'
)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A news site whose feed has summaries only, and whose pages are in windows-1251."""
    async with Site() as made:
        made.put_feed("/feed", [rss_item(f"{made.url}/old", "Old news", "Old.")])
        page = news_page(PARAGRAPHS, title=TITLE, head=HEAD, lang="uk").replace('<meta charset="utf-8">', "")
        made.put("/new", page.encode("cp1251"), "text/html; charset=windows-1251")
        yield made


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program."""
    return Program(tmp_path)


async def poll_new_article(program: Program, site: Site, *, summary: str = SUMMARY) -> str:
    """Read the feed as it was, then with one article more; return what the second run logged."""
    await program.run("run", "--once")
    items = [rss_item(f"{site.url}/new", TITLE, summary), rss_item(f"{site.url}/old", "Old news", "Old.")]
    site.put_feed("/feed", items)
    done = await program.run("run", "--once", "--force")
    assert done.status == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("mode", ["auto", "always"])
async def test_a_word_on_the_page_alone_raises_the_alert(program: Program, site: Site, bot: BotApi, mode: str) -> None:
    """Where the feed has a summary only, the page's text meets the rules, and its words are marked in the chat."""
    program.configure(CONFIG.format(site=site.url, bot=bot.url, mode=mode, more=ALLOW))

    await poll_new_article(program, site)

    [message] = bot.messages
    assert message.underlined == ("координаційному",)
    assert TITLE in message.text
    assert site.requests["/new"] == 1
    assert site.requests["/old"] == 0


async def test_without_full_text_no_page_is_asked_for(program: Program, site: Site, bot: BotApi) -> None:
    """A feed that does not want it has its summaries matched, and its pages are left alone."""
    program.configure(CONFIG.format(site=site.url, bot=bot.url, mode="never", more=ALLOW))

    await poll_new_article(program, site)

    assert bot.messages == []
    assert site.requests["/new"] == 0


async def test_a_page_that_may_not_be_reached_leaves_the_summary(program: Program, site: Site, bot: BotApi) -> None:
    """A page that is not on a public address is not asked for: the summary alone is matched, and the log says why."""
    program.configure(CONFIG.format(site=site.url, bot=bot.url, mode="auto", more=""))

    log = await poll_new_article(program, site, summary="Про це кажуть у координаційному штабі.")

    assert site.requests["/new"] == 0
    assert len(bot.messages) == 1
    [line] = [line for line in log.splitlines() if "page_not_read" in line]
    assert "leads to an address that is not public, so nothing was sent" in line
    assert "network.allow" in line


async def test_a_page_that_is_gone_fails_no_feed(program: Program, site: Site, bot: BotApi) -> None:
    """A page that cannot be read is told of in the log; the feed is well."""
    program.configure(CONFIG.format(site=site.url, bot=bot.url, mode="auto", more=ALLOW))
    site.answer("/new", Document(status=404))

    log = await poll_new_article(program, site)
    feeds = await program.run("feeds", "list", "--json")

    assert "answered 404" in next(line for line in log.splitlines() if "page_not_read" in line)
    assert [(feed["status"], feed["last_error"], feed["articles"]) for feed in feeds.document] == [("ok", None, 2)]
    assert bot.messages == []
