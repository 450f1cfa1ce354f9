"""What a delivery says, in plain text, for a person who decides what becomes of it."""

from __future__ import annotations

from dataclasses import replace

from aggregator.alerts.digest_text import digest_title, paginate
from aggregator.alerts.messages import render_message
from aggregator.model.alerts import DueDelivery
from aggregator.model.messages import Capabilities, Markup
from aggregator.operations.configure import Configuration

_ALL_OF_IT = Capabilities(markup=Markup.PLAIN, text_limit=1_000_000)


def text_of(due: DueDelivery, configuration: Configuration) -> str:
    """Return its message without markup, as its channel's or rule's template has it now, and not cut to any service."""
    channel = configuration.channels.get(due.alert.channel_id)
    timezone = configuration.settings.timezone if channel is None else channel.timezone
    if due.delivery.digest is not None:
        whole = replace(due.delivery.digest, told=0, pages_sent=0)
        pages = paginate(due, due.items, _ALL_OF_IT, timezone=timezone, digest=whole)
        return "\n\n".join(page.message.text for page in pages) or digest_title(whole.reason, whole.total)
    message = render_message(
        due,
        _ALL_OF_IT,
        timezone=timezone,
        template=configuration.templates.choose(due.alert.channel_id, due.alert.rules),
        sources=due.sources,
        change=due.delivery.change,
    )
    return message.text
