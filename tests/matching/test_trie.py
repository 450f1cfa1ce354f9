"""The set-trie: the values whose clause lies inside a set of keys, after any adds and removes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching.trie import SetTrie

CLAUSES = st.sets(st.integers(1, 8), min_size=1, max_size=4).map(lambda keys: tuple(sorted(keys)))


@given(st.lists(CLAUSES, max_size=20), st.sets(st.integers(0, 19)), st.sets(st.integers(1, 8)))
def test_it_finds_what_lies_inside(clauses: list[tuple[int, ...]], removed: set[int], keys: set[int]) -> None:
    """Found are exactly the values that are there and have all keys of their clause."""
    trie: SetTrie[int] = SetTrie()
    for value, clause in enumerate(clauses):
        trie.add(clause, value)
    kept = {value: clause for value, clause in enumerate(clauses) if value not in removed}
    for value in removed & set(range(len(clauses))):
        trie.remove(clauses[value], value)

    found = trie.find(keys)

    assert found == {value for value, clause in kept.items() if keys.issuperset(clause)}


@given(st.lists(CLAUSES, max_size=20))
def test_nothing_is_left_of_what_was_removed(clauses: list[tuple[int, ...]]) -> None:
    """When all is removed, the trie is as it was at first: a daemon whose rules come and go does not grow."""
    trie: SetTrie[int] = SetTrie()
    for value, clause in enumerate(clauses):
        trie.add(clause, value)

    for value, clause in enumerate(clauses):
        trie.remove(clause, value)

    assert not trie._root
    assert not trie._root.ends
