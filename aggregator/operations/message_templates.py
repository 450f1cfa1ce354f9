"""The templates of a configuration: compiled, each text once, and found again by channel and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from aggregator.alerts.templates import Template
from aggregator.errors import Problem, TemplateError
from aggregator.model.alerts import AlertRule
from aggregator.model.ids import ChannelId, RuleId
from aggregator.settings import LoadedSettings, TemplateSource


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplates:
    """Which template a message has."""

    of_channels: Mapping[ChannelId, Template]
    of_rules: Mapping[RuleId, Template]

    def choose(self, channel_id: ChannelId, rules: Sequence[AlertRule]) -> Template | None:
        """Return the template of the first of an alert's `rules` that has one, else the channel's, None for neither."""
        for rule in rules:
            if template := self.of_rules.get(rule.id):
                return template
        return self.of_channels.get(channel_id)


NO_TEMPLATES = MessageTemplates(of_channels=MappingProxyType({}), of_rules=MappingProxyType({}))


def compile_templates(loaded: LoadedSettings) -> tuple[MessageTemplates, list[Problem]]:
    """Return the templates that can be used, and what is wrong with the others."""
    compiled: dict[str, Template | TemplateError] = {}
    problems: list[Problem] = []

    def usable(source: TemplateSource) -> Template | None:
        if source.text not in compiled:
            compiled[source.text] = _compile(source.text)
        template = compiled[source.text]
        if isinstance(template, TemplateError):
            problems.append(_problem(loaded, source, template))
            return None
        return template

    settings = loaded.settings
    of_channels = {key: usable(source) for key, source in settings.channel_templates.items()}
    of_rules = {key: usable(source) for key, source in settings.rule_templates.items()}
    templates = MessageTemplates(
        of_channels={key: template for key, template in of_channels.items() if template is not None},
        of_rules={key: template for key, template in of_rules.items() if template is not None},
    )
    return templates, problems


def _compile(text: str) -> Template | TemplateError:
    try:
        return Template(text)
    except TemplateError as error:
        return error


def _problem(loaded: LoadedSettings, source: TemplateSource, error: TemplateError) -> Problem:
    """Return the error at its line of the file that the template is in."""
    lines = source.text.split("\n")
    line = min(error.line or 1, len(lines))
    indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    if source.file is not None:
        problem = loaded.problem(source.path, error.message)
        return replace(problem, file=str(source.file), line=line, column=indent + 1)
    column = sum(len(text) + 1 for text in lines[: line - 1]) + indent + 1
    # A line of a text that stands on one line of the YAML is said in words.
    message = str(error) if len(lines) > 1 else error.message
    return loaded.problem_in_text(source.path, source.text, column, message)
