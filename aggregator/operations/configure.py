"""From a configuration file to everything that follows from it, checked whole: rules compiled, channels known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import ExtraMissing, ModelUnreadable, Problem, QueryError
from aggregator.matching.index import RuleIndex
from aggregator.model.alerts import Channel, Subscription
from aggregator.model.feeds import Feed
from aggregator.model.ids import ChannelId, FeedId, RuleId
from aggregator.model.rules import Rule
from aggregator.operations.message_templates import MessageTemplates, compile_templates
from aggregator.operations.rule_languages import language_problems
from aggregator.settings import LoadedSettings, Settings, read_settings

OptionProblem = tuple[tuple[str | int, ...], str]
"""A path inside a channel's options, and what is wrong there."""

ChannelCheck = Callable[[Channel, Settings], Sequence[OptionProblem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One configuration, complete and immutable: a reload makes another and swaps it in."""

    loaded: LoadedSettings
    templates: MessageTemplates
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
        SettingsError: with every problem of the YAML, the queries, the templates and the channels' options at once.
    """
    loaded = read_settings(path, environ)
    settings = loaded.settings
    index = RuleIndex()
    templates, template_problems = compile_templates(loaded)
    problems = [
        *_add_rules(index, loaded),
        *language_problems(loaded),
        *template_problems,
        *_channel_problems(loaded, check_channel),
    ]
    # What is wrong at a place is said there once: the rest follows from it.
    known = {(problem.file, problem.line, problem.column) for problem in loaded.problems}
    if error := loaded.error(
        problem for problem in problems if (problem.file, problem.line, problem.column) not in known
    ):
        raise error
    return Configuration(
        loaded=loaded,
        templates=templates,
        index=index,
        feeds={feed.id: feed for feed in settings.feeds},
        rules={rule.id: rule for rule in settings.rules},
        channels={channel.id: channel for channel in settings.channels},
        subscriptions=_subscriptions_by_rule(settings.subscriptions),
    )


def _add_rules(index: RuleIndex, loaded: LoadedSettings) -> list[Problem]:
    problems = []
    for number, rule in enumerate(loaded.settings.rules):
        if not rule.has_query and not rule.like:  # it looks for nothing, or for an example that cannot be read
            continue
        path = ("rules", number)  # not by its id, which two may have when there are problems
        try:
            index.add(rule)
        except QueryError as error:
            part = (*path, *_part_path(error))
            problems.append(loaded.problem_in_text(part, error.query, error.column, str(error)))
        except ExtraMissing as error:
            problems.append(loaded.problem((*path, "like"), str(error)))
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
    if any(problem.path.startswith("telegram") for problem in loaded.problems):
        return []  # they would miss the token that is wrong
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
