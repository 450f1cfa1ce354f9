"""A set-trie: which of many sets of keys lie wholly inside the keys of an article."""

from __future__ import annotations

from typing import Generic, TypeVar

Clause = tuple[int, ...]
"""Keys in the trie's order, each once."""

E = TypeVar("E")


_LARGE = 32
"""Of a node with more keys it is cheaper to find which of them an article has than to ask first whether it has any."""


class _Node(dict[int, "_Node[E] | tuple[Clause, E]"], Generic[E]):
    """Below a key hangs a node, or the one clause that goes on there. `ends` are the values whose clause ends here.

    A dict itself, and without a list while nothing ends here: few places in memory to be fetched for each look.
    """

    __slots__ = ("ends",)

    def __init__(self) -> None:
        super().__init__()
        self.ends: tuple[E, ...] = ()


class SetTrie(Generic[E]):
    """Holds values, each under clauses: it is found where all keys of one of its clauses are.

    The keys of a clause are in one order for all clauses, the rarest first: then most of an article's keys lead
    nowhere, and few of the clauses are ever looked at.
    """

    def __init__(self) -> None:
        self._root: _Node[E] = _Node()

    def add(self, clause: Clause, value: E) -> None:
        """Put `value` under `clause`, which has at least one key."""
        node = self._root
        for number, key in enumerate(clause):
            rest = clause[number + 1 :]
            child = node.get(key)
            if child is None:
                node[key] = (rest, value)
                return
            if isinstance(child, tuple):
                child = node[key] = _branch(child)
            node = child
        node.ends += (value,)

    def remove(self, clause: Clause, value: E) -> None:
        """Take `value` from under `clause`, where it was put."""
        path: list[tuple[_Node[E], int]] = []
        node = self._root
        for key in clause:
            child = node[key]
            if isinstance(child, tuple):
                del node[key]
                break
            path.append((node, key))
            node = child
        else:
            node.ends = tuple(other for other in node.ends if other is not value)
        for parent, key in reversed(path):
            if node.ends or node:
                return
            del parent[key]
            node = parent

    def find(self, keys: set[int]) -> set[E]:
        """Return every value that has a clause whose keys are all in `keys`."""
        found: set[E] = set()
        are_held, is_none_held = keys.issuperset, keys.isdisjoint
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            if node.ends:
                found.update(node.ends)
            if len(node) <= _LARGE and is_none_held(node):
                continue
            for key in node.keys() & keys:
                child = node[key]
                if isinstance(child, _Node):
                    waiting.append(child)
                elif are_held(child[0]):
                    found.add(child[1])
        return found


def _branch(single: tuple[Clause, E]) -> _Node[E]:
    """Make a node of the one clause that went on here."""
    rest, value = single
    node: _Node[E] = _Node()
    if rest:
        node[rest[0]] = (rest[1:], value)
    else:
        node.ends = (value,)
    return node
