"""Bodies: read to a limit, from a response or a file, and told apart."""

from __future__ import annotations

import hashlib
import stat
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import aiohttp

from aggregator.feeds.failures import too_large, unreadable
from aggregator.model.feeds import FeedState
from aggregator.model.fetches import Fetched, FetchResult, NotModified

_CHUNK_BYTES = 64 * 1024


async def read_body(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes | None:
    """Return the body, or None as soon as it is known to be larger than the limit."""
    if (response.content_length or 0) > limit_bytes:
        response.close()
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        size += len(chunk)
        if size > limit_bytes:
            response.close()
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def read_file(path: Path, state: FeedState, *, limit_bytes: int, now: datetime) -> FetchResult:
    """Read the document of a file feed; its time and size are its validator."""
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return unreadable(path, "it is not a regular file")
        etag = f"{info.st_mtime_ns}-{info.st_size}"
        if etag == state.etag:
            return NotModified(etag=etag)
        with path.open("rb") as file:
            body = file.read(limit_bytes + 1)
    except OSError as error:
        return unreadable(path, error.strerror or str(error))
    if len(body) > limit_bytes:
        return too_large(str(path), limit_bytes)
    body_hash = hash_body(body)
    if body_hash == state.body_hash:
        return NotModified(etag=etag)
    return Fetched(
        url=path.as_uri() if path.is_absolute() else str(path),
        status=HTTPStatus.OK,
        body=body,
        body_hash=body_hash,
        fetched_at=now,
        etag=etag,
    )


def hash_body(body: bytes) -> str:
    """Return what tells one body from another."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()
