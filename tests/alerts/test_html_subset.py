"""The HTML of templates: its styles, lines and paragraphs, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.html_subset import read_html
from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import Run, harmless, plain_text
from aggregator.model.messages import Markup


def shown(text: str) -> str:
    """The text as Telegram would get it."""
    return serialize(read_html(text)[0], Markup.TELEGRAM_HTML)


@pytest.mark.parametrize(
    ("tags", "style"),
    [
        (("b", "strong"), "b"),
        (("i", "em"), "i"),
        (("u", "ins"), "u"),
        (("s", "del"), "s"),
        (("code",), "code"),
    ],
)
def test_styles_have_the_names_that_html_has_for_them(tags: tuple[str, ...], style: str) -> None:
    """Two names of one style are one."""
    assert {shown(f"<{tag}>x</{tag}>") for tag in tags} == {f"<{style}>x</{style}>"}


def test_styles_can_be_in_each_other() -> None:
    """Each lasts until its tag is closed."""
    assert shown("<b>a <i>b</i></b> <u>c</u>") == "<b>a </b><b><i>b</i></b> <u>c</u>"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a\nb", "a\nb"),
        ("a<br>b", "a\nb"),
        ("a<br>\nb<br/>c", "a\nb\nc"),
        ("a<br><br>b", "a\n\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("x\n<p>a</p>\n\n<p>b</p>\ny", "x\n\na\n\nb\n\ny"),
        ("a\n\n\n\n  \n\nb", "a\n\nb"),
        ("\n\n a \t \n b  \n", " a\n b"),
        ("a<pre>\n  x\n    y\n</pre>b", "a\n\n  x\n    y\n\nb"),
        ("<p></p><p></p>a", "a"),
        ("a &lt;b&gt; &amp; &quot;", 'a <b> & "'),
        ("a < b <3", "a < b <3"),
        ("a<!-- b -->c<!doctype html><?x?>", "ac"),
        ("a\tb\u202ec", "a bc"),
    ],
)
def test_lines_and_paragraphs(written: str, text: str) -> None:
    """A new line is one; paragraphs have one empty line between them, whatever is written there."""
    assert plain_text(read_html(written)[0]) == text


def test_a_link_leads_to_the_web_or_nowhere() -> None:
    """Its text stays."""
    assert shown('<a href="https://n.example/?a=1&amp;b=2" onclick="x">x</a>') == (
        '<a href="https://n.example/?a=1&amp;b=2">x</a>'
    )
    assert shown('<a href="javascript:alert(1)">x</a> <a>y</a>') == "x y"


@pytest.mark.parametrize(
    ("written", "tag", "message"),
    [
        ("<img src=x>a", "img", "<img> cannot be used; known: b, strong, i,"),
        ("<b>a", "b", "<b> is not closed; write </b>"),
        ("a</b>", "/b", "</b> closes nothing"),
        ("<b><i>a</b></i>", "/b", "</b> closes nothing inside <i>"),
    ],
)
def test_what_is_wrong_with_tags_is_told_and_the_text_kept(written: str, tag: str, message: str) -> None:
    """The first problem names the tag and what to write."""
    runs, problems = read_html(written)

    assert plain_text(runs) == "a"
    assert problems[0].tag == tag
    assert problems[0].message.startswith(message)


def test_the_end_of_what_cannot_be_used_is_no_second_problem() -> None:
    """One problem a tag is enough; a closed line break is none."""
    assert [problem.tag for problem in read_html("<script>a</script></br>")[1]] == ["script"]


@given(st.text().map(harmless))
def test_what_was_escaped_comes_back(text: str) -> None:
    """HTML of ours is read as what it was, but for blanks at its edges."""
    written = serialize([Run(text=text)], Markup.HTML)

    assert plain_text(read_html(written)[0]).split() == text.split()


@given(st.text(alphabet=st.sampled_from("<>/abpre=\"' &;!-\n?")))
def test_no_text_of_a_template_breaks_the_reader(text: str) -> None:
    """Whatever is written, something is read."""
    runs, _ = read_html(text)

    assert all(run.text for run in runs)
