"""Templates of messages: Jinja2 that writes a little HTML, the same for every service, checked before it is used."""

from __future__ import annotations

import jinja2
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from aggregator.alerts.html_subset import TagProblem, read_html
from aggregator.alerts.styled import StyledText, plain_text
from aggregator.alerts.template_check import check_tree
from aggregator.alerts.template_context import TemplateContext
from aggregator.alerts.template_samples import sample_contexts
from aggregator.alerts.template_sandbox import COUNTED, JOINED, SEARCHED, WORK, ZONE, Sandbox, Work
from aggregator.errors import TemplateError

MAX_SOURCE_CHARACTERS = 8_000
MAX_WRITTEN_CHARACTERS = 50_000

_FRAME_NAME = "<template>"
_FAILURES = (
    jinja2.TemplateError,
    TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What an expression of a template can raise."""


class Template:
    """A template that was tried on every kind of alert. `source` is what it was made of."""

    def __init__(self, source: str) -> None:
        """Compile and try it.

        Raises:
            TemplateError: with the line, and what to write instead.
        """
        self.source = source
        self._compiled = _compile(source)
        for context in sample_contexts():
            written = self._write(context)
            runs, problems = read_html(written)
            if problems:
                raise TemplateError(problems[0].message, line=_line_of_tag(problems[0], source))
            if not plain_text(runs).strip():
                known = "" if context.article.text else ", of whose article only the title is known"
                raise TemplateError(
                    f"it writes nothing for an alert of kind {context.kind} and priority {context.priority}{known}; "
                    "write {{ headline }} where it is always written"
                )

    def render(self, context: TemplateContext) -> StyledText:
        """Return what it says of one alert.

        Raises:
            TemplateError: it fails on this one, would run for too long, or says nothing.
        """
        runs, _ = read_html(self._write(context))
        if not plain_text(runs).strip():
            raise TemplateError("it writes nothing for this alert")
        return runs

    def _write(self, context: TemplateContext) -> str:
        values = {**dict(context.variables()), WORK: Work(), ZONE: context.zone}
        pieces: list[str] = []
        size = 0
        try:
            for piece in self._compiled.generate(values):
                pieces.append(piece)
                size += len(piece)
                if size > MAX_WRITTEN_CHARACTERS:
                    raise TemplateError(f"it writes more than {MAX_WRITTEN_CHARACTERS} characters")
        except _FAILURES as error:
            raise _failure(error) from error
        return "".join(pieces)


def _compile(source: str) -> jinja2.Template:
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise TemplateError(f"it has {len(source)} characters; at most {MAX_SOURCE_CHARACTERS} are allowed")
    sandbox = Sandbox()
    try:
        tree = sandbox.parse(source)
        check_tree(tree)
        rewritten = _Bounding().visit(tree)
        rewritten.set_environment(sandbox)
        return jinja2.Template.from_code(sandbox, sandbox.compile(rewritten), {})
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(str(error.message), line=error.lineno) from error
    except (RecursionError, MemoryError, SyntaxError, ValueError) as error:
        raise TemplateError("it is nested too deeply, or a number in it is too long") from error


class _Bounding(NodeTransformer):
    """Rewrites a template so that each loop, each search with `in` and each `~` is counted."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name for it
        self.generic_visit(node)
        node.iter = _filtered(node.iter, COUNTED)
        return node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:  # noqa: N802 - Jinja's name for it
        self.generic_visit(node)
        if node.op.endswith("in"):  # `in` and `not in`
            node.expr = _filtered(node.expr, SEARCHED)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's name for it
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), JOINED)


def _filtered(value: nodes.Node, name: str) -> nodes.Filter:
    assert isinstance(value, nodes.Expr)  # noqa: S101 - the grammar has nothing else there
    return nodes.Filter(value, name, [], [], None, None, lineno=value.lineno)


def _failure(error: BaseException) -> TemplateError:
    """Return the error with the last line of the template that its traceback names."""
    line = error.line if isinstance(error, TemplateError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FRAME_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    message = error.message if isinstance(error, TemplateError) else str(error) or type(error).__name__
    return TemplateError(str(message), line=line)


def _line_of_tag(problem: TagProblem, source: str) -> int | None:
    place = source.lower().find(f"<{problem.tag}")
    return None if place < 0 else source.count("\n", 0, place) + 1
