"""Notices when a configuration's files change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import awatch

from aggregator.settings.load import LoadedSettings

_SETTLE_MS = 300
"""Editors write a file in several steps; wait for the last."""
_SUFFIXES = {".yaml", ".yml", ".opml"}


async def changes(loaded: LoadedSettings, stop: asyncio.Event) -> AsyncIterator[None]:
    """Yield each time that a file of the configuration, or one that it may include, was saved, added or removed.

    Folders are watched, not files: editors replace a file rather than write into it. Ends when `stop` is set.
    """
    files = {file.absolute() for file in loaded.files}
    folders = {folder.absolute() for folder in loaded.folders if folder.is_dir()}
    watched = {file.parent for file in files} | folders
    async for found in awatch(*watched, stop_event=stop, debounce=_SETTLE_MS, step=50, recursive=bool(folders)):
        paths = {Path(name) for _, name in found}
        if paths & files or any(
            path.suffix in _SUFFIXES and any(path.is_relative_to(folder) for folder in folders) for path in paths
        ):
            yield
