"""The composition root: what the command line can do, wired."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from aggregator.model.alerts import Channel
from aggregator.model.ids import FeedId
from aggregator.notifiers.registry import check_channel, options_models
from aggregator.operations.configure import Configuration, OptionProblem, configure
from aggregator.operations.run_once import RoundReport, run_round
from aggregator.runtime import collection_paused, freeze_memory, notifier_context, open_runtime, opened_base
from aggregator.settings import Settings
from aggregator.settings.schema import Schema, settings_schema


def load_configuration(path: Path) -> Configuration:
    """Read and check the configuration at `path`, with the environment of this process.

    Raises:
        SettingsError: with every problem in it.
    """
    with collection_paused():
        return configure(path, os.environ, _channel_problems)


def configuration_schema() -> Schema:
    """Return the JSON Schema of the configuration, with the options of every notifier that is installed."""
    return settings_schema(options_models())


async def run_once(
    configuration: Configuration,
    *,
    force: bool,
    console: TextIO,
    on_poll: Callable[[int], None],
    only: Collection[FeedId] | None = None,
) -> RoundReport:
    """Poll, match and deliver once, and close everything again; `only` these feeds when given.

    Raises:
        StoreInUse: when a daemon runs on the database.
    """
    async with opened_base(configuration.settings, console) as base:
        runtime = await open_runtime(configuration, base)
        freeze_memory()
        try:
            return await run_round(
                runtime.configuration,
                runtime.poll_tools,
                runtime.deliver_tools,
                force=force,
                only=only,
                on_poll=on_poll,
            )
        finally:
            await runtime.close()


async def run_daemon(
    path: Path, configuration: Configuration, *, console: TextIO, on_poll: Callable[[int], None]
) -> None:
    """Run the daemon on an already loaded configuration until it is told to stop."""
    from aggregator.daemon import Daemon  # noqa: PLC0415 - 0.1 s, which the other commands need not wait

    async with opened_base(configuration.settings, console) as base:
        runtime = await open_runtime(configuration, base)
        await Daemon(partial(load_configuration, path), runtime, base, on_poll).run()


def _channel_problems(channel: Channel, settings: Settings) -> Sequence[OptionProblem]:
    return check_channel(channel, notifier_context(settings, sys.stdout))
