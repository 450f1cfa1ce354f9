"""The rules of the YAML, as they may be written."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from aggregator.model.plain_text import read_plain_text
from aggregator.settings.clock_values import RuleDigest
from aggregator.settings.section import Name, Names, Section, Texts


class FeedSelectorDocument(Section):
    """Which feeds a rule reads."""

    ids: Names = Field(default=[], description="these feeds")
    tags: Texts = Field(default=[], description="feeds with one of these tags")


class TestArticleDocument(Section):
    """An article of a test, part by part; plain text is its title (the first line) and its body."""

    title: str = Field(default="", description="its title")
    summary: str = Field(default="", description="its summary, as feeds have it")
    body: str = Field(default="", description="its text")
    author: Texts = Field(default=[], description="who wrote it")
    tags: Texts = Field(default=[], description="its own categories")
    url: str = Field(default="", description="its address")
    feed: Name | None = Field(default=None, description="the feed that it is of; one that the rule reads when left out")
    lang: str | None = Field(default=None, description="its language, as uk; what its text tells when left out")


def _as_test_article(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        text = read_plain_text(value)
        value = {"title": text.title, "body": text.body} | ({"lang": text.language} if text.language else {})
    if not isinstance(value, dict):
        raise ValueError("expected text, or an article as {title: …, body: …}")  # noqa: TRY004 - pydantic's contract
    if not any(value.values()):
        raise ValueError("there is nothing in this article; write a text, or {title: …, body: …}")
    return value


TestArticle = Annotated[
    TestArticleDocument, BeforeValidator(_as_test_article, json_schema_input_type=str | TestArticleDocument)
]


class RuleTestDocument(Section):
    """An example of what a rule matches, or does not: one of the two."""

    match: TestArticle | None = Field(default=None, description="a text, or an article, that it must match")
    no_match: TestArticle | None = Field(default=None, description="a text, or an article, that it must not match")


class RuleDocument(Section):
    """A named query: either `query`, or lists of terms; `like` beside it or in its place."""

    id: Name = Field(description="a stable name")
    title: str | None = Field(default=None, description="what alerts call it; the id when left out")
    query: str | None = Field(default=None, description="in the query language, single-quoted")
    all: Texts = Field(default=[], description="terms that must all be there")
    any: Texts = Field(default=[], description="terms of which one must be there")
    none: Texts = Field(default=[], description="terms that must not be there")
    language: str = Field(
        default="auto", description="the language of its words, as uk; auto: the forms that they have in the article's"
    )
    like: Texts = Field(
        default=[], description="text files, from this file's folder, that an article must read like (extra: semantic)"
    )
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="how like its examples, from 0 to 1; 0.4 when left out"
    )
    feeds: FeedSelectorDocument = Field(
        default=FeedSelectorDocument(), description="where it looks; everywhere when left out"
    )
    priority: Literal["low", "normal", "high", "urgent"] = Field(default="normal", description="how loud it is")
    send_to: Names | None = Field(default=None, description="channels; all of them when left out")
    once_per_story: bool = Field(default=True, description="one alert for all articles about one event")
    on_update: Literal["ignore", "edit", "alert"] = Field(
        default="ignore", description="what a publisher's change to an article does"
    )
    digest: RuleDigest | None = Field(
        default=None,
        description='when its alerts come, all in one message: a cron schedule, as "0 8 * * *"; '
        "false: each at once; as the channel has it when left out",
    )
    template: str | None = Field(
        default=None, description="how its alerts read, on any channel: Jinja that writes a little HTML"
    )
    template_file: str | None = Field(default=None, description="a file with the template, from this file's folder")
    tests: list[RuleTestDocument] = Field(default=[], description="examples")

    @model_validator(mode="after")
    def _comes_once(self) -> Self:
        if self.priority == "urgent" and self.digest:
            raise ValueError("what is urgent comes at once: leave out digest, or write priority: high")
        return self
