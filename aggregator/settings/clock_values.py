"""Times of the clock as the YAML may have them: quiet hours, and the schedules of digests."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from aggregator.model.quiet_hours import QuietHours
from aggregator.model.schedules import Schedule

_SCHEDULE = {"type": "string", "examples": ["0 8 * * *", "0 8,18 * * Mon-Fri"]}
_SPAN = {"examples": ["23:00-07:00", "Sat-Sun 22:00-10:00"]}
_HOW = 'write a schedule, as "0 8 * * *" for 08:00 each day'


def _check_span(text: str) -> str:
    QuietHours.parse([text])
    return text


def _as_spans(value: object) -> object:
    # Checked here, where the error is that of the key, and not of the item of a list that is not there.
    return value if isinstance(value, list) else [_check_span(str(value))]


def _check_end(texts: list[str]) -> list[str]:
    if QuietHours.parse(texts).is_always:
        raise ValueError("it is always quiet, so nothing but urgent alerts would come; leave out hours, or the channel")
    return texts


def _as_schedule(value: object) -> Schedule:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ValueError(_HOW)  # noqa: TRY004 - pydantic's contract
    return Schedule.parse(str(value))


def _as_rule_digest(value: object) -> Schedule | Literal[False]:
    if value is False:
        return False
    if not isinstance(value, str | int | float) or value is True:
        raise ValueError(f"{_HOW}, or false for each alert at once")
    return Schedule.parse(str(value))


Span = Annotated[str, AfterValidator(_check_span), Field(json_schema_extra=_SPAN)]
Spans = Annotated[
    list[Span], BeforeValidator(_as_spans, json_schema_input_type=list[Span] | Span), AfterValidator(_check_end)
]
DigestSchedule = Annotated[Schedule, PlainValidator(_as_schedule), WithJsonSchema(_SCHEDULE)]
RuleDigest = Annotated[
    Schedule | Literal[False],
    PlainValidator(_as_rule_digest),
    WithJsonSchema({"anyOf": [_SCHEDULE, {"const": False}]}),
]
