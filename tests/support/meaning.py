"""Texts about the same things in other words, and small language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from support.builders import article, rule
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from aggregator.matching.semantics.semantic import Embedder, Vectors
from aggregator.model.articles import Article
from aggregator.model.rules import Example, Rule

PRESSURE = Example(
    name="pressure.txt",
    title="Relatives of captured soldiers blackmailed by unknown callers",
    text="Mothers and wives of servicemen held in captivity say strangers phone them and demand photographs of army "
    "positions in exchange for better treatment of the prisoners.",
)
STRIKE = Example(
    name="strike.txt",
    title="Overnight missile strike leaves half the city without electricity",
    text="Engineers are repairing two substations after the largest attack on the power grid since winter.",
)
RELATED = {
    "en": (
        "Security service: enemy recruits families of captives",
        "Officers detained a woman who was told that her son would be exchanged sooner if she set fire to a cabinet.",
    ),
    "uk": (
        "Рідних полонених шантажують невідомі",
        "Матерям захоплених у полон військових телефонують і вимагають фотографії позицій в обмін на краще ставлення.",
    ),
    "ru": (
        "Родственников пленных шантажируют неизвестные",
        "Матерям попавших в плен солдат звонят и требуют фотографии позиций в обмен на лучшее обращение с пленными.",
    ),
}
"""Of the same as PRESSURE."""
UNRELATED = {
    "en": ("Central bank keeps interest rate unchanged", "Inflation slowed to four per cent in October."),
    "uk": ("Нацбанк залишив облікову ставку без змін", "Інфляція сповільнилася до чотирьох відсотків у жовтні."),
    "ru": ("Сборная выиграла матч в дополнительное время", "Нападающий забил дважды перед полным стадионом."),
}


def report(title: str, lead: str = "", **changes: object) -> Article:
    """An article with a title and a summary."""
    return replace(article(title=title, summary=lead), **changes)  # type: ignore[arg-type] # the test names fields


def rule_like(*examples: Example, rule_id: str = "r1", **changes: object) -> Rule:
    """A rule that is examples alone, unless it is given a query."""
    return rule(rule_id, **({"query": None, "like": examples} | changes))


class Recorded:
    """A language model that keeps what it was asked."""

    def __init__(self, model: Embedder) -> None:
        self.asked: list[str] = []
        self._model = model

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text."""
        self.asked += texts
        return self._model.embed(texts)


def save_tiny_model(folder: Path) -> None:
    """Save a model of four words in two dimensions, captives and rivers, as operators supply one."""
    words = ["[UNK]", "captives", "prisoners", "flood", "river"]
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    vectors = np.array([[0, 0], [1, 0], [0.8, 0.6], [0, 1], [0, 2]], dtype=np.float32)
    StaticModel(vectors, tokenizer, config={}).save_pretrained(folder)
