"""The language model of semantic rules: loaded when a rule asks for it, named clearly when it cannot be."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from aggregator.errors import ExtraMissing
from aggregator.matching.semantics.semantic import Embedder

EXTRA = "semantic"


@lru_cache(maxsize=2)
def load_embedder(folder: str | None = None) -> Embedder:
    """Return the language model in `folder`, or else the one that the extra carries (1 s, 140 MB).

    It is loaded once, so a reload of the configuration costs nothing; a folder of new content is read at the next
    start. Nothing is ever downloaded.

    Raises:
        ExtraMissing: when the extra `semantic` is not installed.
        ModelUnreadable: when the folder is not there, or holds no model that can be read.
    """
    try:
        from aggregator.matching.semantics.embedding_models import carried_model, folder_model  # noqa: PLC0415 - an extra

        return carried_model() if folder is None else folder_model(Path(folder))
    except ModuleNotFoundError as error:
        raise ExtraMissing(EXTRA, "rules with `like`") from error
