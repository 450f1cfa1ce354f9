"""Which notifiers there are: found by entry point, loaded when a channel uses them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from pydantic import ValidationError

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel
from aggregator.model.ids import ChannelId
from aggregator.notifiers.contract import ENTRY_POINTS, ChannelOptions, NotifierContext, NotifierPlugin
from aggregator.ports import Notifier

_COMMON_KEYS = (
    "type",
    "enabled",
    "timezone",
    "language",
    "quiet_hours",
    "digest",
    "max_per_minute",
    "max_per_hour",
    "template",
    "template_file",
)
"""The keys that every channel has."""
OptionProblem = tuple[tuple[str | int, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSet:
    """The notifiers of a configuration's enabled channels."""

    by_channel: Mapping[ChannelId, Notifier]

    async def close(self) -> None:
        """Close them all. Idempotent."""
        for notifier in self.by_channel.values():
            await notifier.close()


def known_types() -> list[str]:
    """Return the channel types that can be used, sorted."""
    return sorted(_entry_points())


def options_models() -> dict[str, type[ChannelOptions]]:
    """Return each type's options, for the JSON Schema."""
    return {name: _load(name).options_model for name in known_types()}


def check_channel(channel: Channel, context: NotifierContext) -> list[OptionProblem]:
    """Return what is wrong with a channel's type and options: where in the channel, and what to do."""
    if channel.type not in _entry_points():
        return [(("type",), _unknown("channel type", channel.type, known_types()))]
    try:
        plugin = _load(channel.type)
    except (ImportError, AttributeError, TypeError) as error:
        return [(("type",), f"the notifier {channel.type!r} cannot be loaded: {error}; is its package complete?")]
    try:
        options = plugin.options_model.model_validate(dict(channel.options))
    except ValidationError as error:
        return _option_problems(error, plugin.options_model)
    missing = plugin.missing(options, context)
    return [((), missing)] if missing else []


def open_notifiers(channels: Sequence[Channel], context: NotifierContext) -> NotifierSet:
    """Open a notifier for each enabled channel. The channels have passed `check_channel`.

    Raises:
        DeliveryFailed: MISCONFIGURED, for a channel that has not.
    """
    opened: dict[ChannelId, Notifier] = {}
    for channel in channels:
        if channel.enabled:
            opened[channel.id] = open_notifier(channel, context)
    return NotifierSet(by_channel=opened)


def open_notifier(channel: Channel, context: NotifierContext) -> Notifier:
    """Open the notifier of one channel.

    Raises:
        DeliveryFailed: MISCONFIGURED, when `check_channel` finds a problem with it.
    """
    problems = check_channel(channel, context)
    if problems:
        raise DeliveryFailed(DeliveryFailure.MISCONFIGURED, "; ".join(message for _, message in problems))
    plugin = _load(channel.type)
    return plugin.open(channel, plugin.options_model.model_validate(dict(channel.options)), context)


@cache
def _entry_points() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


@cache
def _load(name: str) -> NotifierPlugin:
    plugin: NotifierPlugin = _entry_points()[name].load()
    if not issubclass(plugin.options_model, ChannelOptions):
        raise TypeError("its options_model is not a subclass of ChannelOptions")
    return plugin


def _option_problems(error: ValidationError, model: type[ChannelOptions]) -> list[OptionProblem]:
    problems: list[OptionProblem] = []
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        if detail["type"] == "missing":
            problems.append(((), f"{path[-1]!r} is missing: {_description(model, str(path[0]))}"))
        elif detail["type"] == "extra_forbidden":
            problems.append((path, _unknown("key", str(path[-1]), _keys(model))))
        else:
            message = detail["msg"].removeprefix("Value error, ")
            problems.append((path[:1], f"{message[:1].lower()}{message[1:]}; {_description(model, str(path[0]))}"))
    return list(dict.fromkeys(problems))


def _description(model: type[ChannelOptions], name: str) -> str:
    return model.model_fields[name].description or name


def _keys(model: type[ChannelOptions]) -> list[str]:
    return sorted([*model.model_fields, *_COMMON_KEYS])


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    choices = list(known)
    close = difflib.get_close_matches(name, choices, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown {kind} {name!r}{hint} (known: {', '.join(choices)})"
