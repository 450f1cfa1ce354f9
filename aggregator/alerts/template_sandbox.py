"""Jinja2 with almost all of it taken away: what remains cannot call, include, loop for long or write without end."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import fields, is_dataclass
from datetime import datetime
from difflib import get_close_matches
from itertools import islice

from jinja2 import pass_context
from jinja2.runtime import Context, LoopContext, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup as Safe

from aggregator.alerts.html_subset import read_html
from aggregator.alerts.markup import serialize
from aggregator.alerts.styled import Run, plain_text, truncate
from aggregator.errors import TemplateError
from aggregator.model.messages import Markup

WORK, ZONE = " work", " zone"
"""Names in a template's context that no template can write: what it may still do, and its time zone."""

COUNTED, SEARCHED, JOINED = " counted", " searched", " joined"
"""Names of filters that templates are rewritten to use, and cannot write."""

_MOST_WORK = 500_000
"""Characters that the filters of one message may read and write; a turn of a loop counts as 400."""

_WORK_OF_A_TURN = 400
_LOOP_NAMES = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
_TESTS = ("defined", "undefined", "none", "string", "number", "odd", "even", "in", "eq", "ne", "lt", "gt", "le", "ge")
_TIME_FORMAT = "%Y-%m-%d %H:%M %Z"


class Work:
    """What one rendering may still do."""

    def __init__(self) -> None:
        self._left = _MOST_WORK

    def spend(self, amount: int) -> None:
        """Take `amount` off.

        Raises:
            TemplateError: nothing is left.
        """
        self._left -= amount
        if self._left < 0:
            raise TemplateError("it does too much: its loops have too many turns, or its filters give too much text")


class UnknownName(StrictUndefined):
    """What a template names and there is not: an error wherever it is used, which says what there is instead."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = str(self._undefined_name)
        owner = self._undefined_obj
        if owner is None:
            return f"{name!r} of something that is none in some alerts; put it in {{% if … %}} … {{% endif %}}"
        if isinstance(owner, LoopContext):
            return f"loop has no {name!r}{did_you_mean(name, _LOOP_NAMES)}"
        if is_dataclass(owner) and not isinstance(owner, type):
            names = [field.name for field in fields(owner)]
            return f"there is no {name!r} there{did_you_mean(name, names)}"
        return f"there is no {name!r}"


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment without functions, whose objects show their documented fields alone."""

    def __init__(self) -> None:
        super().__init__(
            autoescape=True,
            undefined=UnknownName,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.globals = {}
        self.filters = {**FILTERS, COUNTED: _counted, SEARCHED: _searched, JOINED: _joined}
        self.tests = {name: test for name, test in self.tests.items() if name in _TESTS}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:  # noqa: ARG002 - Jinja's signature
        """Whether it is a field of one of our variables, or what a loop knows of itself."""
        if isinstance(obj, LoopContext):
            return attr in _LOOP_NAMES
        return is_dataclass(obj) and attr in {field.name for field in fields(obj)}

    def unsafe_undefined(self, obj: object, attribute: str) -> Undefined:
        """What is not shown is not there."""
        return self.undefined(obj=obj, name=attribute)


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest of `choices`, or all of them."""
    known = sorted(choices)
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is: {', '.join(known)}"


def _text(context: Context, value: object) -> str:
    """Return a value as characters, which are counted; one in styles loses them."""
    text = str(value)  # raises where it is not there: that is an error in every filter but `default`
    context[WORK].spend(len(text) + 1)
    return plain_text(read_html(text)[0]) if isinstance(value, Safe) else text


@pass_context
def _shown(context: Context, value: object) -> object:
    """Return a value as `{{ }}` writes it: only what is a text, a number or a time is."""
    if isinstance(value, datetime):
        return _time(context, value)
    if isinstance(value, str | int | float | Undefined):
        return value
    if isinstance(value, tuple | list):
        raise TemplateError("a list cannot be written as it is; use {% for item in … %}, or the filter join")
    raise TemplateError("only texts, numbers and times can be written; name a part of it, as article.title")


@pass_context
def _counted(context: Context, values: Iterable[object]) -> list[object]:
    """Return what a loop goes over, when there is work left for that."""
    taken = list(islice(values, _MOST_WORK // _WORK_OF_A_TURN + 1))
    context[WORK].spend(_WORK_OF_A_TURN * len(taken))
    return taken


@pass_context
def _searched(context: Context, value: object) -> object:
    """Return what `in` looks through, when there is work left for that."""
    if isinstance(value, str):
        context[WORK].spend(len(value))
    return value


@pass_context
def _joined(context: Context, parts: list[object]) -> str:
    """Return what `~` makes of its sides: styles are kept, texts beside them escaped."""
    texts: list[str] = []
    for part in parts:
        texts.append(part if isinstance(part, Safe) else _text(context, part))
        context[WORK].spend(len(texts[-1]))
    if any(isinstance(text, Safe) for text in texts):
        return Safe("").join(texts)
    return "".join(texts)


@pass_context
def _upper(context: Context, value: object) -> str:
    """In capitals."""
    return _text(context, value).upper()


@pass_context
def _lower(context: Context, value: object) -> str:
    """In small letters."""
    return _text(context, value).lower()


@pass_context
def _capitalize(context: Context, value: object) -> str:
    """With its first letter as a capital, the others as they are."""
    text = _text(context, value)
    return text[:1].upper() + text[1:]


@pass_context
def _trim(context: Context, value: object) -> str:
    """Without the blanks around it."""
    return _text(context, value).strip()


@pass_context
def _truncate(context: Context, value: object, length: int = 200) -> str:
    """Its first characters, 200 unless told, with an ellipsis when it is cut; styles are kept."""
    text = _text(context, value)
    if isinstance(value, Safe):
        return Safe(serialize(truncate(read_html(value)[0], length), Markup.HTML))  # noqa: S704 - serialize escapes
    return plain_text(truncate((Run(text=text),), length))


@pass_context
def _replace(context: Context, value: object, old: str, new: str) -> str:
    """With each `old` written as `new`."""
    text, old, new = (_text(context, part) for part in (value, old, new))
    context[WORK].spend(text.count(old) * len(new))
    return text.replace(old, new)


@pass_context
def _join(context: Context, values: Iterable[object], separator: str = ", ") -> str:
    """The items of a list as one text, with `, ` between them unless told."""
    texts = [_text(context, value) for value in _counted(context, values)]
    separator = _text(context, separator)
    context[WORK].spend(len(separator) * len(texts))
    return separator.join(texts)


def _default(value: object, other: object = "") -> object:
    """`other` where it is empty, none or not there."""
    return other if isinstance(value, Undefined) or value in (None, "", ()) else value


@pass_context
def _length(context: Context, value: Sized) -> int:
    """How many items or characters it has."""
    return len(_text(context, value)) if isinstance(value, str) else len(value)


@pass_context
def _time(context: Context, value: datetime, shape: str = _TIME_FORMAT) -> str:
    """A time in the channel's time zone, as `%Y-%m-%d %H:%M %Z` unless told otherwise."""
    if not isinstance(value, datetime):
        got = _text(context, value)[:40]
        raise TemplateError(f"the filter time is for times, as article.published_at; this is {got!r}")
    return _text(context, value.astimezone(context[ZONE]).strftime(shape))


FILTERS = {
    "time": _time,
    "join": _join,
    "truncate": _truncate,
    "default": _default,
    "length": _length,
    "upper": _upper,
    "lower": _lower,
    "capitalize": _capitalize,
    "replace": _replace,
    "trim": _trim,
}
"""All that templates can use; their docstrings are their documentation."""
