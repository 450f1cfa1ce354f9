"""What errors look like to a reader."""

from __future__ import annotations

import pytest

from aggregator.errors import QueryError


@pytest.mark.parametrize(
    ("query", "column", "shown"),
    [
        ("a AND", 3, "  a AND\n    ^"),
        ("a AND", 6, "  a AND\n       ^"),
        ("", 1, "  \n  ^"),
        ("人权 AND", 4, "  人权 AND\n       ^"),
        ("за\u0301мок AND", 8, "  за\u0301мок AND\n        ^"),
        ("x" * 76, 76, f"  {'x' * 76}\n  {' ' * 75}^"),
        ("x" * 77, 1, f"  {'x' * 76}…\n  ^"),
        ("x" * 77, 77, f"  …{'x' * 76}\n  {' ' * 76}^"),
        ("a" * 100 + "b" * 100, 101, f"  …{'a' * 50}{'b' * 26}…\n  {' ' * 51}^"),
    ],
)
def test_a_query_is_shown_with_a_caret_at_its_mistake(query: str, column: int, shown: str) -> None:
    """Of a long query the part around it, so that it fits on a line; signs are as wide as terminals show them."""
    error = QueryError("what is wrong", query=query, column=column)

    assert str(error) == f"column {column}: what is wrong\n{shown}"
