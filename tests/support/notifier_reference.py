"""The tables of docs/reference/notifiers.md, from the plugins: `python -m support.notifier_reference` writes them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from support.services import missing_services

from aggregator.model.messages import Capabilities, LengthUnit
from aggregator.notifiers.contract import ChannelOptions
from aggregator.notifiers.registry import options_models

_UNITS = {
    LengthUnit.CHARACTERS: "characters",
    LengthUnit.UTF16_UNITS: "UTF-16 units",
    LengthUnit.VISIBLE_UTF16_UNITS: "UTF-16 units of what is shown",
}


def tables() -> str:
    """Return a section for each type of channel: what it can do, and its options."""
    with tempfile.TemporaryDirectory() as folder:
        nowhere = missing_services(Path(folder))
        return "\n".join(
            _section(kind, model, nowhere.open(kind).capabilities) for kind, model in sorted(options_models().items())
        )


def _section(kind: str, model: type[ChannelOptions], capabilities: Capabilities) -> str:
    lines = [f"### `{kind}`", "", _facts(capabilities), ""]
    if model.model_fields:
        lines += ["| key | default | what it is |", "|---|---|---|"]
    for name, option in model.model_fields.items():
        default = "" if option.is_required() or option.default in (None, []) else f"`{_yaml(option.default)}`"
        lines.append(f"| `{name}` | {'required' if option.is_required() else default} | {option.description} |")
    return "\n".join([*lines, ""] if model.model_fields else lines)


def _facts(capabilities: Capabilities) -> str:
    length = f"at most {capabilities.text_limit:,} {_UNITS[capabilities.length_unit]}"
    if capabilities.caption_limit is not None and capabilities.caption_limit != capabilities.text_limit:
        length += f", {capabilities.caption_limit:,} with an image"
    can = [
        *(["images"] if capabilities.caption_limit is not None else []),
        *(["edits"] if capabilities.can_edit else []),
        *(["replies"] if capabilities.can_reply else []),
    ]
    rates = [f"{limit.count} in {limit.period.total_seconds():g} s" for limit in capabilities.limits]
    markup = capabilities.markup.value.replace("_", " ")
    ability = ", ".join(can) or "neither images nor edits"
    rate = f"rate: {', '.join(rates)}" if rates else "no rate limit"
    return f"Text as {markup}, {length}; {ability}; {rate}; what may have arrived: {capabilities.when_unknown}."


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.write(tables())
