"""From a query to the nodes that are asked of articles."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from aggregator.matching.nodes import (
    AndNode,
    AtLeastNode,
    NearNode,
    Node,
    NotNode,
    Occurring,
    OrNode,
    PhraseNode,
    ValueNode,
    WordNode,
    WrittenNode,
)
from aggregator.matching.query import (
    And,
    AtLeast,
    Fielded,
    How,
    Near,
    Not,
    Or,
    Query,
    Regex,
    Term,
    Word,
)
from aggregator.matching.text import is_joined
from aggregator.matching.vocabulary import Space, Vocabulary
from aggregator.model.rules import Field

_METADATA = (Field.FEED, Field.LANGUAGE)


def compile_query(query: Query, vocabulary: Vocabulary, language: str | None = None, space: Space = None) -> Node:  # noqa: PLR0911 - one answer a kind of query
    """Return the nodes of `query`, each word of it sought in `vocabulary`.

    `language` is the one whose word forms count, None for that of each article.
    """
    shown = query if space is None else Fielded(space, query)
    match query:
        case Term():
            return _term(query, vocabulary, language, space)
        case Regex():
            return WrittenNode(shown, space, query)
        case Fielded(field=field, part=part):
            return compile_query(part, vocabulary, language, field)
        case Not(part=part):
            return NotNode(shown, compile_query(part, vocabulary, language, space))
        case Near(left=left, right=right, distance=distance, is_ordered=is_ordered):
            sides = [_side(side, vocabulary, language, space) for side in (left, right)]
            return NearNode(shown, sides[0], sides[1], distance, is_ordered)
        case And(parts=parts) | Or(parts=parts) | AtLeast(parts=parts):
            nodes = tuple(compile_query(part, vocabulary, language, space) for part in parts)
            shared = shown if space is not None else _of_shared(query, nodes)
            if isinstance(query, AtLeast):
                return AtLeastNode(shared, nodes, query.count)
            return AndNode(shared, nodes) if isinstance(query, And) else OrNode(shared, nodes)


def _of_shared(query: And | Or | AtLeast, nodes: tuple[Node, ...]) -> Query:
    """Return a query that is equal, made of the parts that its nodes share with other queries."""
    parts = tuple(node.query for node in nodes)
    return AtLeast(query.count, parts) if isinstance(query, AtLeast) else type(query)(parts)


def _side(side: Query, vocabulary: Vocabulary, language: str | None, space: Space) -> Occurring | OrNode:
    node = compile_query(side, vocabulary, language, space)
    if isinstance(node, Occurring | OrNode):
        return node
    raise TypeError(f"{side!r} cannot be a side of NEAR")  # the parser lets none such pass


def _term(term: Term, vocabulary: Vocabulary, language: str | None, space: Space) -> Node:
    keys = tuple(vocabulary.intern(word, space, language) for word in term.words)
    is_alone = len(keys) == 1 and not term.raw
    if is_alone and (shared := vocabulary.shared.get(keys[0])):
        return cast("Node", shared)
    term = Term(tuple(map(vocabulary.word, keys)), term.raw, term.text)
    shown = term if space is None else Fielded(space, term)
    if space in _METADATA:
        node: Node = ValueNode(shown, keys[0])
    elif is_alone:
        node = WordNode(shown, space, keys[0])
    elif term.raw:
        return WrittenNode(shown, space, term, keys)
    else:
        pairs = [
            Word(first.folded + second.folded, How.FORM)
            for first, second in pairwise(term.words)
            if is_joined(first.folded) and is_joined(second.folded)
        ]
        return PhraseNode(shown, space, keys, tuple(vocabulary.intern(pair, space) for pair in pairs))
    vocabulary.shared[keys[0]] = node
    return node
