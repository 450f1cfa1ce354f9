"""`aggregator rules test`: the examples that rules carry, run and told of as test runners do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from aggregator.app import load_configuration
from aggregator.cli.layout import print_facts
from aggregator.cli.marked_words import marked_text, span_document
from aggregator.cli.output import config_path, open_console, print_json, printable
from aggregator.cli.rule_choice import chosen_rules
from aggregator.model.ids import RuleId
from aggregator.model.rules import Field, Match, NonMatch, Rule
from aggregator.operations.configure import Configuration
from aggregator.operations.rule_tests import TestOutcome, run_rule_tests
from aggregator.runtime import utc_now

_EXIT_FAILED = 1
_WIDEST_ID = 40
_MOST_NAMED = 10


@dataclass(slots=True)
class _Run:
    """What was run so far."""

    outcomes: list[TestOutcome] = field(default_factory=list)
    untested: list[RuleId] = field(default_factory=list)
    seconds: float = 0.0
    was_stopped: bool = False

    @property
    def failures(self) -> list[TestOutcome]:
        return [outcome for outcome in self.outcomes if not outcome.has_passed]


def run_tests(  # noqa: PLR0913 - its options
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="RULE_ID", help="test these rules only")] = None,
    *,
    stop_first: Annotated[bool, typer.Option("-x", "--stop-first", help="stop at the first failure")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="fail when a rule has no tests")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="print failures and the summary only")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Run the tests of rules. Exit status: 0 all passed, 1 one failed, 2 the configuration is bad."""
    configuration = load_configuration(config_path(context))
    rules = chosen_rules(ids or [], configuration)
    console = open_console()
    run = _run(rules, configuration, None if quiet or as_json else console, stop_first=stop_first)
    if as_json:
        print_json(_document(run))
    else:
        _print_summary(run, console, is_strict=strict)
    if run.failures or (strict and run.untested):
        raise typer.Exit(_EXIT_FAILED)


def _run(rules: Sequence[Rule], configuration: Configuration, console: Console | None, *, stop_first: bool) -> _Run:
    """Run the tests, with a line a rule on `console`."""
    run = _Run()
    started_at = utc_now()
    width = min(max((len(rule.id) for rule in rules if rule.tests), default=0), _WIDEST_ID)
    for rule in rules:
        if not rule.tests:
            run.untested.append(rule.id)
            continue
        marks = Text()
        for outcome in run_rule_tests([rule], configuration):
            run.outcomes.append(outcome)
            marks.append(*((".", "green") if outcome.has_passed else ("F", "bold red")))
            run.was_stopped = stop_first and not outcome.has_passed
            if run.was_stopped:
                break
        if console is not None:
            style = "green" if "F" not in marks.plain else "red"
            console.print(Text(rule.id.ljust(width), style=style).append("  ").append_text(marks))
        if run.was_stopped:
            break
    run.seconds = (utc_now() - started_at).total_seconds()
    return run


def _print_summary(run: _Run, console: Console, *, is_strict: bool) -> None:
    for outcome in run.failures:
        console.print()
        _print_failure(outcome, console)
    if run.outcomes:
        failed = len(run.failures)
        style = "bold red" if failed else "bold green"
        counts = [f"{len(run.outcomes) - failed} passed", *([f"{failed} failed"] if failed else [])]
        stopped = "; stopped at the first failure" if run.was_stopped else ""
        console.print()
        console.print(Text(f"{', '.join(counts)} in {run.seconds:.2f} s{stopped}", style=style))
    if run.untested:
        _print_untested(run, console, is_strict=is_strict)
    elif not run.outcomes:
        console.print("There are no rules yet; add one under `rules:` in the configuration.")


def _print_untested(run: _Run, console: Console, *, is_strict: bool) -> None:
    names = ", ".join(run.untested[:_MOST_NAMED])
    more = len(run.untested) - _MOST_NAMED
    text = f"without tests: {names}{f' and {more} more' if more > 0 else ''}"
    if not run.outcomes:
        advice = 'add some under the `tests:` of a rule, as - match: "a headline"'
        text = f"There are no tests to run; {advice}. {text.capitalize()}"
    console.print(Text(text, style="bold red" if is_strict else "dim"))


def _print_failure(outcome: TestOutcome, console: Console) -> None:
    expected = "should match, but does not" if outcome.test.expect_match else "should not match, but does"
    heading = Text().append("FAILED ", style="bold red").append(f"{outcome.file}:{outcome.line}", style="bold")
    console.print(heading.append(f"  {outcome.rule.id}, test {outcome.number}: {expected}"), soft_wrap=True)
    print_facts(_facts(outcome, console), console)


def _facts(outcome: TestOutcome, console: Console) -> Iterator[tuple[str, Text]]:
    """What the test's article says, and what the rule makes of it."""
    yield from _article_facts(outcome, console)
    result = outcome.result
    if isinstance(result, NonMatch):
        label, why = "fails", result.reason
    else:
        label, why = "holds", ", ".join(dict.fromkeys(f"{span.text} ({span.field})" for span in result.spans))
    yield label, Text(printable(result.clause))
    if why:  # a match of metadata, or of examples alone, has no words
        yield "why", Text(printable(why), style="yellow")


def _article_facts(outcome: TestOutcome, console: Console) -> Iterator[tuple[str, Text]]:
    article, result = outcome.article, outcome.result
    spans = result.spans if isinstance(result, Match) else ()
    for part, text in ((Field.TITLE, article.title), (Field.SUMMARY, article.summary), (Field.BODY, article.body)):
        if text:
            yield part.value, marked_text(text, [span for span in spans if span.field is part], console)
    others = (("author", ", ".join(article.authors)), ("tags", ", ".join(article.tags)), ("url", article.url))
    for label, value in (*others, ("feed", outcome.test.feed_id or ""), ("lang", article.language or "")):
        if value:
            yield label, Text(printable(value))


def _document(run: _Run) -> dict[str, object]:
    """Return what `rules test --json` prints."""
    return {
        "passed": len(run.outcomes) - len(run.failures),
        "failed": len(run.failures),
        "seconds": round(run.seconds, 3),
        "without_tests": run.untested,
        "tests": [_outcome_document(outcome) for outcome in run.outcomes],
    }


def _outcome_document(outcome: TestOutcome) -> dict[str, object]:
    result = outcome.result
    return {
        "rule": outcome.rule.id,
        "number": outcome.number,
        "file": outcome.file,
        "line": outcome.line,
        "title": outcome.article.title,
        "expected": "match" if outcome.test.expect_match else "no_match",
        "passed": outcome.has_passed,
        "clause": result.clause,
        "reason": result.reason if isinstance(result, NonMatch) else None,
        "spans": [span_document(span) for span in result.spans] if isinstance(result, Match) else [],
    }
