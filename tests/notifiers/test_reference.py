"""The reference of notifiers."""

from __future__ import annotations

from pathlib import Path

from support.notifier_reference import tables

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "notifiers.md"


def test_the_reference_is_what_the_plugins_say() -> None:
    """Options, limits and abilities are those of the notifiers that ship."""
    assert tables().strip() in REFERENCE.read_text()
