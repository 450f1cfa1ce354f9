"""Text that must stand as it is written: `==POW`, `=="C++"`."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def raw_pattern(raw: str) -> re.Pattern[str]:
    """Return what finds `raw` letter by letter, at word boundaries; any white space counts as one space.

    A letter or digit at an end has no letter or digit beside it; a sign at an end has neither such a one nor the same
    sign beside it: `=="C+"` is not in C++, and `==".NET"` not in ASP.NET.
    """
    middle = r"\s+".join(re.escape(part) for part in raw.split())
    return re.compile(f"(?<!{_neighbour(raw[0])}){middle}(?!{_neighbour(raw[-1])})")


def _neighbour(character: str) -> str:
    return r"[^\W_]" if character.isalnum() else rf"(?:[^\W_]|{re.escape(character)})"
