"""What pydantic finds wrong, in our words: what was found, what is expected, what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aggregator.settings.tree import SettingsPath

_EXPECTED = {
    "string": "text",
    "list": "a list, as [one, two]",
    "dict": "a mapping, as {key: value}",
    "model": "a mapping, as {key: value}",
    "int": "a whole number",
    "bool": "true or false",
}
_FOUND = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
_LONGEST_SHOWN = 60


def problems_of(error: ValidationError, root: type[BaseModel]) -> Iterator[tuple[SettingsPath, str, bool]]:
    """Yield a path, a message, and whether the path is that of a key rather than of a value."""
    for detail in error.errors(include_url=False):
        path: SettingsPath = detail["loc"]
        kind = detail["type"]
        if kind == "missing":
            yield path[:-1], f"{path[-1]!r} is missing: {_description(root, path)}", False
        elif kind == "extra_forbidden":
            yield path, unknown("key", str(path[-1]), _keys_at(root, path[:-1])), True
        else:
            yield path, _message(detail), False


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a message for a name that is not known, with the one that was probably meant."""
    choices = sorted(known)
    return f"unknown {kind} {name!r}{did_you_mean(name, choices)}{_listing(choices)}"


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest of `choices`, or nothing."""
    close = difflib.get_close_matches(name, list(choices), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _listing(choices: list[str]) -> str:
    shown = ", ".join(choices[:20])
    more = "" if len(choices) <= 20 else f", and {len(choices) - 20} more"  # noqa: PLR2004 - the same 20
    return f" (known: {shown}{more})" if choices else " (there are none)"


def _message(detail: ErrorDetails) -> str:
    kind, found, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        choices = [choice.strip("'") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return f"{_shown(found)} is not one of {', '.join(choices)}{did_you_mean(str(found), choices)}"
    for name, expected in _EXPECTED.items():
        if kind.startswith(name):
            return f"expected {expected}, found {_FOUND.get(type(found), 'nothing')}{_value(found)}"
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = "at least" if kind.startswith("greater") else "at most"
        return f"{found} is out of range; write {limit} {context.get('ge', context.get('le'))}"
    message = detail["msg"]
    return f"{message[:1].lower()}{message[1:]}"


def _value(found: object) -> str:
    return "" if found is None or isinstance(found, list | dict) else f" ({_shown(found)})"


def _shown(found: object) -> str:
    text = repr(found)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _model_at(root: type[BaseModel], path: SettingsPath) -> type[BaseModel] | None:
    annotation: Any = root
    for part in path:
        if get_origin(annotation) is dict:  # of names that the operator gives
            annotation = get_args(annotation)[1]
        elif isinstance(part, str):
            model = _model_in(annotation)
            field = None if model is None else model.model_fields.get(part)
            annotation = None if field is None else field.annotation
    return _model_in(annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the first model in an annotation, as `list[X]`, `X | None` or `Annotated[X, …]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in inner if model is not None), None)


def _keys_at(root: type[BaseModel], path: SettingsPath) -> list[str]:
    model = _model_at(root, path)
    return list(model.model_fields) if model else []


def _description(root: type[BaseModel], path: SettingsPath) -> str:
    model = _model_at(root, path[:-1])
    field = model.model_fields.get(str(path[-1])) if model else None
    return (field.description if field else None) or "it must be there"
