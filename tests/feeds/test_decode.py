"""Decompression: every encoding, and never more than the limit."""

from __future__ import annotations

import base64
import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.decode import BadCompression, TooLarge, decode_body

TEXT = b"<rss>" + b"words and words " * 500 + b"</rss>"
ZSTD = "KLUv/WBLHv0AAKg8cnNzPndvcmRzIGFuZCA8L3Jzcz4CAC0/swPFSh0="
RAW = zlib.compressobj(wbits=-15)
ENCODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW.compress(TEXT) + RAW.flush(),
    "br": brotli.compress(TEXT),
    "zstd": base64.b64decode(ZSTD),
    "identity": TEXT,
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
    "": gzip.compress(TEXT),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_every_encoding_is_read(encoding: str) -> None:
    """What a server may send comes out as it went in."""
    assert decode_body(ENCODED[encoding], encoding, 100_000) == TEXT


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_bomb_is_refused_at_the_limit(encoding: str) -> None:
    """One byte over the limit is too large, in every encoding."""
    with pytest.raises(TooLarge):
        decode_body(ENCODED[encoding], encoding, len(TEXT) - 1)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "unknown", "gzip, gzip, gzip, gzip"])
def test_damage_from_the_start_is_named(encoding: str) -> None:
    """What is not compressed as it says is an error of its own."""
    with pytest.raises(BadCompression):
        decode_body(b"\xff\xfe\x01\x02not compressed", encoding, 100_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_plain_text_that_claims_to_be_compressed_is_taken(encoding: str) -> None:
    """A server that only says so is believed no more than a browser would."""
    assert decode_body(TEXT, encoding, 100_000) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_cut_body_comes_back_as_far_as_it_goes(encoding: str) -> None:
    """The part before the cut is still there to read."""
    body = ENCODED[encoding][:-6]

    assert TEXT.startswith(decode_body(body, encoding, 100_000))


@given(st.binary(max_size=200), st.sampled_from([*ENCODED, "weird"]))
def test_any_bytes_decode_or_fail_in_one_way(body: bytes, encoding: str) -> None:
    """Nothing but our own errors comes out."""
    try:
        assert len(decode_body(body, encoding, 1000)) <= 1000
    except (BadCompression, TooLarge):
        return
