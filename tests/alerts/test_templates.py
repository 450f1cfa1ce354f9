"""Templates: what they can write, what is refused with a word of help, and that nothing makes them run away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import NOW, article, due, match

from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import plain_text
from aggregator.alerts.template_context import TEMPLATE_VARIABLES, TemplateContext, template_context
from aggregator.alerts.template_sandbox import FILTERS
from aggregator.alerts.templates import MAX_SOURCE_CHARACTERS, Template
from aggregator.errors import TemplateError
from aggregator.model.alerts import ArticleChange, Source
from aggregator.model.ids import FeedId
from aggregator.model.messages import Markup
from aggregator.model.rules import Field

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "templates.md"


def context_of(change: ArticleChange | None = None, **changes: object) -> TemplateContext:
    """What a template can say of an alert about captives."""
    subject = replace(article(title="Captives <freed>", authors=("Ann", "Bob & Co")), **changes)  # type: ignore[arg-type] # the test names fields
    found = match(subject, "r1", (Field.TITLE, "Captives"), (Field.SUMMARY, "captives"))
    source = Source(
        feed_id=FeedId("bbc"), feed_title="BBC", title="Freed", url="https://bbc.example/1", published_at=NOW
    )
    return template_context(due(subject, found, feed_title="L & N"), "Europe/Kyiv", [source], change)


def written(source: str, context: TemplateContext | None = None) -> str:
    """What a template makes of it, as Telegram gets it."""
    return serialize(Template(source).render(context or context_of()), Markup.TELEGRAM_HTML)


SOURCES = """{{ kind }}
{% for source in story.sources %}
• <a href="{{ source.url }}">{{ source.feed }}</a> {{ source.published_at|time("%H:%M") }}
{% endfor %}"""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ headline }}", "<b><u>Captives</u></b> &lt;freed&gt;"),
        ("<i>{{ article.title }}</i>", "<i>Captives &lt;freed&gt;</i>"),
        ("{{ excerpt }} !", "Relatives of <b><u>captives</u></b> were asked to gather intelligence. !"),
        ("{{ words|join }}.", "Captives, captives."),
        ("{{ feed.title }} ({{ feed.id }}) {{ kind }} {{ priority }}", "L &amp; N (ep) new normal"),
        ("{{ article.published_at|time }}", "2026-03-01 13:00 EET"),
        ("{{ article.published_at }}", "2026-03-01 13:00 EET"),
        ("{{ article.published_at|time('%d.%m.') }}", "01.03."),
        ("By {{ article.authors|join(' and ') }}", "By Ann and Bob &amp; Co"),
        ("{{ rules[0].id }} {{ article['title'][:4] }}", "r1 Capt"),
        ("{{ article.language|default('no language') }}", "no language"),
        ("{{ article.title|upper }} {{ article.title|lower }}", "CAPTIVES &lt;FREED&gt; captives &lt;freed&gt;"),
        ("{{ headline|upper }} {{ headline|length }}", "CAPTIVES &lt;FREED&gt; 16"),
        ("{{ 'élan VITAL'|capitalize }}{{ ' x '|trim }}", "Élan VITALx"),
        ("{{ article.title|truncate(9) }}", "Captives…"),
        ("{{ headline|truncate(4) }}", "<b><u>Cap…</u></b>"),
        ("{{ article.title|replace('<', '[') }}", "Captives [freed&gt;"),
        ("{{ '<' ~ headline ~ 1 }}", "&lt;<b><u>Captives</u></b> &lt;freed&gt;1"),
        ("{{ ('<' ~ article.title)|length }}", "17"),
        ("{{ 'many' if rules|length > 1 else 'one' }}", "one"),
        (SOURCES, 'new\n• <a href="https://bbc.example/1">BBC</a> 14:00'),
        (
            "{% for rule in rules %}{{ loop.index }}/{{ loop.length }} {{ rule.title }}{% else %}none{% endfor %}",
            "1/1 Rule r1",
        ),
        ("{% set name = feed.title|upper %}{{ name }}", "L &amp; N"),
        ("{# a remark #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% if change is none and not change and article.url is defined %}x{% else %}y{% endif %}", "x"),
        ("{% for a in article.authors if a != 'Ann' %}{{ a }}{% else %}-{% endfor %}", "Bob &amp; Co"),
        ("{{ words|length }}{{ kind if change }}", "2"),
        ("{{ 'yes' if 'cap' in article.title|lower and 'Ann' in article.authors and 'x' not in words }}.", "yes."),
    ],
)
def test_a_template_writes_what_it_says(source: str, text: str) -> None:
    """Variables are escaped, times are the channel's, lists can be gone through."""
    assert written(source) == text


def test_a_change_is_told_word_by_word() -> None:
    """With both headlines, and the rules that hold now or no longer."""
    context = context_of(ArticleChange(before="Ten freed", after="All freed", gained=("Releases",), lost=("Losses",)))
    source = "{% if change %}{{ change.diff }} +{{ change.gained|join }} -{{ change.lost|join }}{% else %}x{% endif %}"

    assert written(source, context) == "<s>Ten</s> <b><u>All</u></b> freed +Releases -Losses"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("a\n{{ artikle.title }}", 2, "there is no variable 'artikle'; did you mean 'article'?"),
        ("{{ zzz }}", 1, "there is no variable 'zzz'; there is: article, change, excerpt, feed,"),
        ("a\n\n{{ article.titel }}", 3, "there is no variable 'article.titel'; did you mean 'article.title'?"),
        ("{% for r in rules %}\n{{ r.titel }}\n{% endfor %}", 2, "there is no 'titel' there; did you mean 'title'?"),
        ("{{ kind }}\n{{ change.before }}", 2, "'before' of something that is none in some alerts; put it in {% if"),
        ("{% for r in rules %}{{ loop.idx }}{% endfor %}", 1, "loop has no 'idx'; did you mean 'index'?"),
        ("{{ kind.upper }}", 1, "there is no 'upper'"),
        ("{{ ''.__class__ }}", 1, "there is no '__class__'"),
        ("{{ rules[0]['__class__'] }}", 1, "there is no '__class__' there; there is: id, title"),
        ("{{ article.published_at.year }}", 1, "there is no 'year'"),
        ("{{ rules[9].title }}", 1, "there is no '9'"),
        ("{{ article.title|uppr }}", 1, "there is no filter 'uppr'; did you mean 'upper'?"),
        ("{{ headline|safe }}", 1, "there is no filter 'safe'; there is: capitalize, default,"),
        ("{{ kind is callable }}", 1, "No test named 'callable'"),
        ("{{ kind", 1, "unexpected end of template"),
        ("x\n{% if kind %}y", 2, "Unexpected end of template"),
        ("{{ range(9) }}", 1, "a call with ( ) cannot be used in a template; there are if, for, set and filters"),
        ("{% include 'x' %}", 1, "include cannot be used"),
        ("{% import 'x' as y %}", 1, "import cannot be used"),
        ("{% from 'x' import y %}", 1, "import cannot be used"),
        ("{% extends 'x' %}", 1, "extends cannot be used"),
        ("{% block x %}{% endblock %}", 1, "block cannot be used"),
        ("{% macro x() %}{% endmacro %}", 1, "macro cannot be used"),
        ("{% filter upper %}x{% endfilter %}", 1, "a filter block cannot be used"),
        ("{% set x %}y{% endset %}", 1, "a set block cannot be used"),
        ("{% with x = 1 %}{% endwith %}", 1, "with cannot be used"),
        ("{% set ns.x = 1 %}", 1, "a namespace cannot be used"),
        ("{{ {'a': 1} }}", 1, "a dictionary cannot be used"),
        ("{{ 'a' * 9 }}", 1, "arithmetic cannot be used"),
        ("{% autoescape false %}{{ kind }}{% endautoescape %}", None, "autoescape cannot be used"),
        ("{% for a in rules recursive %}x{% endfor %}", 1, "a recursive loop cannot be used"),
        ("{% for a in rules %}" * 3 + "x" + "{% endfor %}" * 3, 1, "at most 2 loops can be in each other"),
        ("{{ self }}", 1, "there is no variable 'self'"),
        ("{{ loop.index }}", 1, "there is no 'loop'"),
        ("{{ rules }}", 1, "a list cannot be written as it is; use {% for item in … %}"),
        ("{{ article }}", 1, "only texts, numbers and times can be written; name a part of it"),
        ("{{ zzz|upper if false else article.tags[9]|upper }}", 1, "there is no variable 'zzz'"),
        ("{{ article.tags[9]|upper }}", 1, "there is no '9'"),
        ("{{ article.title|time }}", 1, "the filter time is for times, as article.published_at; this is 'Captives"),
        ("{{ kind|truncate('x') }}", 1, "'<=' not supported"),
        ("{% for x in 5 %}{% endfor %}", 1, "'int' object is not iterable"),
        ("a\n<img src=x>{{ kind }}", 2, "<img> cannot be used; known: b, strong,"),
        ("a\n<b>{{ kind }}", 2, "<b> is not closed; write </b>"),
        ("a\n{{ kind }}</b>", 2, "</b> closes nothing"),
        ("{% if kind %}<{% endif %}x>{{ kind }}", None, "<x> cannot be used"),
        ("", None, "it writes nothing for an alert of kind new and priority low; write {{ headline }} where"),
        (
            "{% if kind == 'new' %}x{% endif %}",
            None,
            "it writes nothing for an alert of kind update and priority normal;",
        ),
        (
            "{{ excerpt }}",
            None,
            "it writes nothing for an alert of kind new and priority normal, of whose article only",
        ),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", None, "it is nested too deeply"),
        ("{{ 1" + "0" * 5000 + " }}", None, "it is nested too deeply, or a number in it is too long"),
        ("x" * (MAX_SOURCE_CHARACTERS + 1), None, "it has 8001 characters; at most 8000 are allowed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(source: str, line: int | None, message: str) -> None:
    """A template is tried when the configuration is read, and the error says what to write."""
    with pytest.raises(TemplateError) as caught:
        Template(source)

    assert caught.value.line == line
    assert caught.value.message.startswith(message)
    assert str(caught.value) == (caught.value.message if line is None else f"line {line}: {caught.value.message}")


LONG = "{% if article.text|length > 999 %}BODY{% else %}x{% endif %}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{% for a in article.text %}{% for b in article.text %}{% endfor %}{% endfor %}", "it does too much"),
        ("{% for a in article.text %}{{ a }}{% endfor %}", "it does too much"),
        ("{{ article.text|replace('a', article.text) }}", "it does too much"),
        ("{{ article.text|replace('', article.text) }}", "it does too much"),
        ("{{ article.tags|join(article.text) }}", "it does too much"),
        ("{{ article.text|join(article.text) }}", "it does too much"),
        ("{% set a = article.text %}" + "{% set a = a ~ a %}" * 50 + "{{ a }}", "it does too much"),
        ("{{ headline|length }}" * 50, "it does too much"),
        ("{% if 'b' in article.text %}{% endif %}" * 50, "it does too much"),
        ("{{ article.text }}" * 3, "it writes more than 50000 characters"),
    ],
)
def test_a_template_that_runs_away_is_stopped(body: str, message: str) -> None:
    """Loops and texts without end are ended at once, on the alert that makes them long."""
    template = Template(LONG.replace("BODY", body))
    context = context_of(title="Captives " + "b" * 100_000, body="a" * 100_000, tags=tuple(map(str, range(500))))

    with pytest.raises(TemplateError, match=message):
        template.render(context)


def test_a_template_may_say_nothing_of_some_alert_but_then_it_fails() -> None:
    """An empty message cannot be sent."""
    template = Template("{% if article.title == 'B' %} {% else %}x{% endif %}")
    context = template_context(due(article(title="B")), "UTC")

    with pytest.raises(TemplateError, match="it writes nothing for this alert"):
        template.render(context)


def test_a_template_keeps_its_source_and_writes_the_same_again() -> None:
    """Its work is counted anew for each message."""
    template = Template("{% for a in article.text %}{{ a }}{% endfor %}x")

    assert template.source.endswith("x")
    assert [plain_text(template.render(context_of())) for _ in range(60)] == [
        plain_text(template.render(context_of()))
    ] * 60


def test_an_article_of_which_little_is_known_has_empty_variables() -> None:
    """What is not known is empty, not missing; long texts and lists are cut."""
    item = due(article(summary="", body="x" * 50_000, authors=("a",) * 900))

    context = template_context(item, "UTC")

    assert (context.article.language, context.words, context.change, context.story.sources) == ("", (), None, ())
    assert (len(context.article.text), len(context.article.authors)) == (20_000, 200)


PLACES = (
    "{{ article.title }}.",
    "<b>{{ headline }}.</b>",
    '<a href="{{ article.title }}">{{ article.title }}.</a>',
)


@settings(deadline=None)
@given(title=st.text(), source=st.sampled_from(PLACES))
def test_no_title_gets_out_of_its_place(title: str, source: str) -> None:
    """It is text, wherever the template puts it, and no tag, no link and no template."""
    context = template_context(due(article(title=title + " <b>{{ kind }}</b>", url="")), "UTC")

    runs = Template(source).render(context)

    assert "<b>{{ kind }}</b>" in plain_text(runs)
    assert not any(run.link for run in runs)


def paths_of(view: type, prefix: str = "") -> Iterator[str]:
    """The variables that a class of views has, as the reference writes them."""
    for name, hint in get_type_hints(view).items():
        kinds = [kind for kind in (hint, *get_args(hint)) if is_dataclass(kind)]
        is_list = str(hint).startswith("tuple")
        if is_list or not kinds or type(None) in get_args(hint):
            yield prefix + name
        for kind in kinds:
            assert isinstance(kind, type)
            yield from paths_of(kind, f"{prefix}{name}{'[]' if is_list else ''}.")


def test_every_variable_is_documented() -> None:
    """The table of variables has each field of the views, and nothing else."""
    assert set(TEMPLATE_VARIABLES) == set(paths_of(TemplateContext)) - {"zone"}
    assert {field.name for field in fields(TemplateContext)} >= {name for name, _ in context_of().variables()}
    assert isinstance(dict(context_of().variables())["article"].published_at, datetime)  # type: ignore[attr-defined] # the view of an article


def test_the_reference_has_the_tables_of_this_version() -> None:
    """What a person reads is what a template gets."""
    text = REFERENCE.read_text(encoding="utf-8")

    for name, meaning in TEMPLATE_VARIABLES.items():
        assert f"| `{name}` | {meaning} |" in text
    for name, function in FILTERS.items():
        meaning = (function.__doc__ or "").rstrip(".").replace("\n", " ")
        assert f"| `{name}` | {meaning} |" in text


def test_the_templates_of_the_reference_work() -> None:
    """Each example can be pasted."""
    text = REFERENCE.read_text(encoding="utf-8")
    examples = [block.split("```")[0] for block in text.split("```jinja\n")[1:]]

    assert len(examples) >= 2
    for example in examples:
        assert "Captives" in plain_text(Template(example).render(context_of()))
