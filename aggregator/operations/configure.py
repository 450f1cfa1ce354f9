"""From a configuration file to everything that follows from it, checked whole: rules compiled, channels known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import ExtraMissing, ModelUnreadable, Problem, QueryError, SettingsError
from aggregator.matching.index import RuleIndex
from aggregator.model.alerts import Channel, Subscription
from aggregator.model.feeds import Feed
from aggregator.model.ids import ChannelId, FeedId, RuleId
from aggregator.model.rules import Rule
from aggregator.operations.rule_languages import language_problems
from aggregator.settings import LoadedSettings, Settings, load_settings

OptionProblem = tuple[tuple[str | int, ...], str]
"""A path inside a channel's options, and what is wrong there."""

ChannelCheck = Callable[[Channel, Settings], Sequence[OptionProblem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One configuration, complete and immutable: a reload makes another and swaps it in."""

    loaded: LoadedSettings
    index: RuleIndex
    feeds: Mapping[FeedId, Feed]
    rules: Mapping[RuleId, Rule]
    channels: Mapping[ChannelId, Channel]
    subscriptions: Mapping[RuleId, tuple[Subscription, ...]]

    @property
    def settings(self) -> Settings:
        """The settings that all of this came from."""
        return self.loaded.settings


def configure(path: Path, environ: Mapping[str, str], check_channel: ChannelCheck) -> Configuration:
    """Read, validate and compile the configuration at `path`.

    Raises:
        SettingsError: with every problem of the YAML, the queries and the channels' options at once.
    """
    loaded = load_settings(path, environ)
    settings = loaded.settings
    index = RuleIndex()
    problems = [*_add_rules(index, loaded), *language_problems(loaded), *_channel_problems(loaded, check_channel)]
    if problems:
        raise SettingsError(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column)))
    return Configuration(
        loaded=loaded,
        index=index,
        feeds={feed.id: feed for feed in settings.feeds},
        rules={rule.id: rule for rule in settings.rules},
        channels={channel.id: channel for channel in settings.channels},
        subscriptions=_subscriptions_by_rule(settings.subscriptions),
    )


def _add_rules(index: RuleIndex, loaded: LoadedSettings) -> list[Problem]:
    problems = []
    for rule in loaded.settings.rules:
        try:
            index.add(rule)
        except QueryError as error:
            path = loaded.settings.rule_paths[rule.id]
            part = (*path, *_part_path(error))
            problems.append(loaded.problem_in_text(part, error.query, error.column, str(error)))
        except ExtraMissing as error:
            problems.append(loaded.problem((*loaded.settings.rule_paths[rule.id], "like"), str(error)))
        except ModelUnreadable as error:
            problems.append(loaded.problem(("semantic", "model"), str(error)))
    return list(dict.fromkeys(problems))


def _part_path(error: QueryError) -> tuple[str | int, ...]:
    """`any[2]` names the list item that a query error is in; a rule with a query has the one place."""
    if error.part is None:
        return ("query",)
    name, _, number = error.part.rstrip("]").partition("[")
    return (name, int(number)) if number else (name,)


def _channel_problems(loaded: LoadedSettings, check_channel: ChannelCheck) -> list[Problem]:
    settings = loaded.settings
    return [
        loaded.problem((*settings.channel_paths[channel.id], *path), message)
        for channel in settings.channels
        if channel.enabled
        for path, message in check_channel(channel, settings)
    ]


def _subscriptions_by_rule(subscriptions: Sequence[Subscription]) -> dict[RuleId, tuple[Subscription, ...]]:
    by_rule: dict[RuleId, tuple[Subscription, ...]] = {}
    for subscription in subscriptions:
        by_rule[subscription.rule_id] = (*by_rule.get(subscription.rule_id, ()), subscription)
    return by_rule
