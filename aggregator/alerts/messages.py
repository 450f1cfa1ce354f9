"""The message of one alert: as its channel's or rule's template has it, or in the layout of a message without one."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.alerts import phrases
from aggregator.alerts.fitting import cut_to_fit
from aggregator.alerts.markup import serialize
from aggregator.alerts.rendering import fit, parts_of
from aggregator.alerts.styled import Run, StyledText, one_line, web_link
from aggregator.alerts.template_context import template_context
from aggregator.alerts.templates import Template
from aggregator.errors import TemplateError
from aggregator.model.alerts import ArticleChange, DeliveryKind, DueDelivery, Source
from aggregator.model.messages import Capabilities, Markup, Message


def render_message(  # noqa: PLR0913 - all keyword-only, of one message
    due: DueDelivery,
    capabilities: Capabilities,
    *,
    timezone: str,
    template: Template | None = None,
    sources: Sequence[Source] = (),
    change: ArticleChange | None = None,
    with_image: bool = True,
) -> Message:
    """Return the message of `due`, within the service's limit.

    `sources` are the other feeds that report its story, `change` is what its publisher edited. The article's image goes
    with it where the service takes images and `with_image`; the text is then within the limit of a caption. A template
    is not for notices; one that fails gives way to the layout without it, with a line that says so.
    """
    image_url = web_link(due.article.image_url or "") if with_image and capabilities.caption_limit else None
    limit = capabilities.text_limit
    if image_url is not None and capabilities.caption_limit is not None:
        limit = min(limit, capabilities.caption_limit)
    parts = parts_of(due, timezone, sources, change)
    is_templated = False
    if template is None or due.delivery.kind is DeliveryKind.NOTICE:
        runs = fit(parts, limit, capabilities)
    else:
        try:
            written = template.render(template_context(due, timezone, sources, change))
            runs = cut_to_fit(written, 1, limit, capabilities, around=tuple) or ()
            is_templated = True
        except TemplateError as error:
            runs = fit(_with_failure(parts, error), limit, capabilities)
    return Message(
        text=serialize(runs, capabilities.markup),
        due=due,
        subject=phrases.PRIORITY_MARKS[due.alert.priority] + one_line(due.article.title),
        plain=serialize(runs, Markup.PLAIN),
        image_url=image_url,
        is_templated=is_templated,
    )


def _with_failure(parts: Sequence[StyledText], error: TemplateError) -> tuple[StyledText, ...]:
    """Say above the link that the template failed: the alert is worth more than its looks."""
    *before, also, link = parts
    problem = Run(text=phrases.TEMPLATE_FAILED.format(problem=one_line(str(error))), italic=True)
    return (*before, (*also, Run(text="\n"), problem) if also else (problem,), link)
