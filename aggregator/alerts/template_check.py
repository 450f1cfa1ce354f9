"""What a template may be made of: its tree is read, before it is compiled, for all that is not allowed or not known."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from aggregator.alerts.template_context import TEMPLATE_VARIABLES
from aggregator.alerts.template_sandbox import FILTERS, did_you_mean
from aggregator.errors import TemplateError

MAX_LOOPS_IN_EACH_OTHER = 2

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.Assign,
    nodes.Name,
    nodes.Const,
    nodes.Tuple,
    nodes.List,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Filter,
    nodes.Test,
    nodes.Keyword,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.CondExpr,
)
_NAMES_OF_NODES = {
    nodes.Call: "a call with ( )",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "a filter block",
    nodes.AssignBlock: "a set block",
    nodes.With: "with",
    nodes.Scope: "autoescape",
    nodes.NSRef: "a namespace",
    nodes.Dict: "a dictionary",
}
_TOP = frozenset(name.partition(".")[0].removesuffix("[]") for name in TEMPLATE_VARIABLES)


def check_tree(tree: nodes.Template) -> None:
    """Look through a template.

    Raises:
        TemplateError: the first thing in it that cannot be used, or is not known.
    """
    assigned = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    for node in _walk(tree):
        if not isinstance(node, _ALLOWED):
            what = _NAMES_OF_NODES.get(type(node), "arithmetic")
            raise TemplateError(
                f"{what} cannot be used in a template; there are if, for, set and filters", line=node.lineno
            )
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in {*_TOP, *assigned, "loop"}:
            raise TemplateError(f"there is no variable {node.name!r}{did_you_mean(node.name, _TOP)}", line=node.lineno)
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise TemplateError(f"there is no filter {node.name!r}{did_you_mean(node.name, FILTERS)}", line=node.lineno)
        if isinstance(node, nodes.Getattr):
            _check_attribute(node, assigned)
        if isinstance(node, nodes.For):
            _check_loop(node)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _check_attribute(node: nodes.Getattr, assigned: set[str]) -> None:
    """Say at once what a variable does not have; of items of lists, the samples tell."""
    if not isinstance(node.node, nodes.Name) or node.node.name in assigned or node.node.name == "loop":
        return
    owner = node.node.name
    names = {
        variable.split(".")[1].removesuffix("[]") for variable in TEMPLATE_VARIABLES if variable.startswith(f"{owner}.")
    }
    if names and node.attr not in names:
        hint = did_you_mean(f"{owner}.{node.attr}", [f"{owner}.{name}" for name in names])
        raise TemplateError(f"there is no variable '{owner}.{node.attr}'{hint}", line=node.lineno)


def _check_loop(node: nodes.For) -> None:
    if node.recursive:
        raise TemplateError("a recursive loop cannot be used in a template", line=node.lineno)
    depth, loops = 0, [node]
    while loops:
        depth += 1
        loops = [inner for loop in loops for inner in loop.find_all(nodes.For)]
        if depth > MAX_LOOPS_IN_EACH_OTHER:
            raise TemplateError(f"at most {MAX_LOOPS_IN_EACH_OTHER} loops can be in each other", line=node.lineno)
