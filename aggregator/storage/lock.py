"""One daemon a database: a lock file beside the SQLite file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import StoreInUse, StoreUnavailable
from aggregator.storage.engine import sqlite_path


@contextmanager
def acquire_instance_lock(url: str) -> Iterator[None]:
    """Hold the database at `url` for this process; the system lets go of it however the process ends.

    The lock is on `<database>.lock`, which is never removed: removing it would let two instances in.

    Raises:
        StoreInUse: when another process holds it.
        StoreUnavailable: when the lock file cannot be written.
    """
    path = sqlite_path(url)
    if path is None:
        yield
        return
    lock_path = path.with_name(path.name + ".lock")
    descriptor = _open_lock_file(lock_path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise StoreInUse(
                f"another aggregator (pid {holder}) already runs on {path}; stop it first, or give this one its own "
                "`database:`"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def _open_lock_file(lock_path: Path) -> int:
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreUnavailable(
            f"cannot write {lock_path}: {error.strerror}; check the folder's permissions, or set `database:` elsewhere"
        ) from error
