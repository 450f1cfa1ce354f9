"""The rules that a command line names by their ids, and what they look for."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from aggregator.matching.rules import compile_rule
from aggregator.matching.syntax.formatting import format_query
from aggregator.model.ids import RuleId
from aggregator.model.rules import Rule
from aggregator.operations.configure import Configuration
from aggregator.settings.validation import unknown


def chosen_rules(ids: Sequence[str], configuration: Configuration) -> list[Rule]:
    """Return the rules with these ids, each once and in this order; every rule where there are none.

    Raises:
        typer.BadParameter: when there is no such rule; it names the one that was probably meant.
    """
    known = configuration.rules
    for rule_id in ids:
        if rule_id not in known:
            raise typer.BadParameter(unknown("rule", rule_id, known))
    return [known[RuleId(rule_id)] for rule_id in dict.fromkeys(ids)] or list(known.values())


def sought(rule: Rule) -> str:
    """Return what a rule looks for, as a person reads it: its query in canonical form, and its examples."""
    query = [format_query(compile_rule(rule))] if rule.has_query else []
    like = [f"like {', '.join(example.name for example in rule.like)}"] if rule.like else []
    return "; ".join(query + like)
