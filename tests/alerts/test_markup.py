"""Markups: what is written is read back exactly, and nothing is there that we did not write."""

from __future__ import annotations

from html import unescape
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.markup_readers import read, seen

from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import Run, harmless
from aggregator.model.messages import Markup

MARKED_UP = [markup for markup in Markup if markup is not Markup.PLAIN]
NASTY = (
    "</b>",
    "<b>",
    "<script>",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&copy;",
    "&#42;",
    "{{ x }}",
    "{% x %}",
    "**",
    "__",
    "~~",
    "`",
    "```",
    "||",
    "[x](https://evil.example)",
    "![x](y)",
    "](",
    "@everyone",
    "@here",
    "@all",
    "@channel",
    "<@123>",
    "<@&5>",
    "<#5>",
    "<!channel>",
    "<https://evil.example|x>",
    "https://evil.example",
    ":fire:",
    "# ",
    "-# ",
    "> ",
    ">>> ",
    "- ",
    "+ ",
    "1. ",
    "2) ",
    "===",
    "---",
    "\n",
    "\n\n",
    "    ",
    "\t",
    "\\",
    "|",
    "snake_case",
    "_x_",
    "*x*",
    "~x~",
    "a*b*c",
    "\u202e",
    "\u200b",
    "\u0301",
    "👨\u200d👩\u200d👧",
    "🇺🇦",
    "＊x＊",
    "＞",
    "文字",
    "e\u0301",
    "@",
    "1",
    " ",
)
TEXT = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=5)), max_size=12).map("".join).map(harmless)
LINKS = st.sampled_from([None, None, "https://n.example/a_(b)?x=1&copy;=2", "https://n.example/@everyone/*y*"])
RUNS = st.lists(
    st.builds(
        Run,
        text=TEXT,
        bold=st.booleans(),
        underline=st.booleans(),
        italic=st.booleans(),
        strike=st.booleans(),
        code=st.sampled_from([False, False, True]),
        link=LINKS,
    ),
    max_size=5,
)


IN_HTML = '<s>old</s> <b><u>new</u></b> <i>it</i> <a href="https://n.example/?a=(1)&amp;b=2">x</a> <code>c</code>'


@settings(max_examples=400)
@given(text=TEXT, markup=st.sampled_from(MARKED_UP))
@example(text="a\n===", markup=Markup.MARKDOWN)
@example(text="&copy; <b>", markup=Markup.MARKDOWN)
@example(text="1. @everyone", markup=Markup.DISCORD_MARKDOWN)
@example(text="> *b* _i_ `c`", markup=Markup.SLACK_MRKDWN)
def test_a_text_without_styles_is_read_back_as_itself(text: str, markup: Markup) -> None:
    """Whatever a feed says, no service makes a style, a link, a mention, a list or a heading of it."""
    reading = read(serialize([Run(text=text)], markup), markup)

    assert reading.text == seen(text, markup)
    assert reading.links == []
    assert reading.styled == []


@settings(max_examples=600)
@given(runs=RUNS, markup=st.sampled_from(MARKED_UP))
def test_styles_and_links_change_no_text(runs: list[Run], markup: Markup) -> None:
    """In any mixture of styles the text is what was put in, and each link leads where we said."""
    reading = read(serialize(runs, markup), markup)

    assert reading.text == seen("".join(run.text for run in runs), markup)
    linked = {run.link for run in runs if run.link and run.text.strip()}
    assert {unescape(unquote(link)) for link in reading.links} <= {unescape(unquote(link)) for link in linked}
    assert bool(reading.links) == bool(linked)


@pytest.mark.parametrize(
    ("markup", "written"),
    [
        (Markup.PLAIN, "~old~ *new* it x: https://n.example/?a=(1)&b=2 c"),
        (Markup.MARKDOWN, "~~old~~ **new** *it* [x](https://n.example/?a=%281%29&b=2) `c`"),
        (Markup.TELEGRAM_HTML, IN_HTML),
        (Markup.SLACK_MRKDWN, "~old~ *new* _it_ <https://n.example/?a=(1)&amp;b=2|x> `c`"),
        (Markup.DISCORD_MARKDOWN, "~~old~~ __**new**__ *it* [x](https://n.example/?a=%281%29&b=2) `c`"),
        (Markup.HTML, IN_HTML),
    ],
)
def test_each_markup_has_its_own_styles(markup: Markup, written: str) -> None:
    """Struck out, marked, italic, linked and code, as the service writes them; Slack cannot underline."""
    space = Run(text=" ")
    runs = (
        Run(text="old", strike=True),
        space,
        Run(text="new", bold=True, underline=True),
        space,
        Run(text="it", italic=True),
        space,
        Run(text="x", link="https://n.example/?a=(1)&b=2"),
        space,
        Run(text="c", code=True),
    )

    assert serialize(runs, markup) == written


def test_code_is_nothing_else_where_it_cannot_be() -> None:
    """Telegram refuses code that is bold or a link too, and Slack has none in links: the link is worth more."""
    runs = (Run(text="c", code=True, bold=True), Run(text="d", code=True, bold=True, link="https://n.example"))

    assert serialize(runs, Markup.TELEGRAM_HTML) == '<code>c</code><a href="https://n.example">d</a>'
    assert serialize(runs[1:], Markup.HTML) == '<a href="https://n.example"><b><code>d</code></b></a>'
    assert serialize(runs[1:], Markup.SLACK_MRKDWN) == "*<https://n.example|d>*"


def test_styles_go_around_words_in_slack() -> None:
    """Slack believes marks at the edges of words alone, so they are held apart by what nobody sees."""
    runs = (Run(text="日本"), Run(text="(語)", bold=True), Run(text="の"))
    link = (Run(text="a"), Run(text="b", bold=True, link="https://n.example"), Run(text="c"))

    assert serialize(runs, Markup.SLACK_MRKDWN) == "日本(\u200b*語*\u200b)の"
    assert serialize(link, Markup.SLACK_MRKDWN) == "a\u200b*<https://n.example|b>*\u200bc"


@pytest.mark.parametrize(
    ("markup", "newline"), [(Markup.HTML, "<br>"), (Markup.MARKDOWN, "  \n"), (Markup.PLAIN, "\n")]
)
def test_a_new_line_is_one_everywhere(markup: Markup, newline: str) -> None:
    """HTML and CommonMark would make a blank of it."""
    assert serialize([Run(text="a\nb", bold=False)], markup) == f"a{newline}b"


def test_a_style_does_not_reach_over_lines() -> None:
    """Bold text of several lines is bold on each of them."""
    assert serialize([Run(text="a\n\nb", bold=True)], Markup.SLACK_MRKDWN) == "*a*\n\n*b*"
