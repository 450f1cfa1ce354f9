"""The example of a notifier in a package of its own: it installs, is found, and keeps the contract."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web
from support.emulated import EmulatedService
from support.notifying import open_plugin
from support.program import Program

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.notifiers.conformance import broken_promises, longest_message

PACKAGE = Path(__file__).parents[2] / "docs" / "examples" / "aggregator-gotify"
TOKEN = "A-gotify-token"


class Gotify(EmulatedService):
    """A Gotify server with one application."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Messages."""
        router.add_post("/message", self._message)

    async def _message(self, request: web.Request) -> web.Response:
        document: Any = await request.json()
        if request.headers.get("X-Gotify-Key") != TOKEN:
            return web.json_response({"error": "Unauthorized"}, status=401)
        if not document["message"]:
            return web.json_response({"error": "Bad Request"}, status=400)
        return web.json_response({"id": 1})


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The module of the package."""
    spec = importlib.util.spec_from_file_location("aggregator_gotify", PACKAGE / "aggregator_gotify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


async def test_the_example_keeps_the_contract(example: ModuleType) -> None:
    """It passes what our own notifiers pass."""
    async with Gotify() as server:
        working = open_plugin(example.PLUGIN, server=server.url, token=TOKEN)
        nowhere = open_plugin(example.PLUGIN, server="http://127.0.0.1:1", token=TOKEN)

        assert await broken_promises(working, nowhere) == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, {}, {}), DeliveryFailure.UNAUTHORIZED),
        ((400, {}, {}), DeliveryFailure.REJECTED),
        ((503, {}, {}), DeliveryFailure.UNAVAILABLE),
    ],
)
async def test_each_answer_has_its_reason(
    example: ModuleType, answer: tuple[int, dict[str, Any], dict[str, str]], reason: DeliveryFailure
) -> None:
    """The reason decides whether it is tried again, and whether the channel pauses."""
    async with Gotify(answers=[answer]) as server:
        notifier = open_plugin(example.PLUGIN, server=server.url, token=TOKEN)

        with pytest.raises(DeliveryFailed) as caught:
            await notifier.send(longest_message(notifier))
        await notifier.close()

    assert caught.value.reason is reason


async def test_an_answer_that_is_lost_is_an_unknown_outcome(example: ModuleType) -> None:
    """The server may have it."""
    async with Gotify(lost_answers=1) as server:
        notifier = open_plugin(example.PLUGIN, server=server.url, token=TOKEN)

        with pytest.raises(DeliveryFailed) as caught:
            await notifier.send(longest_message(notifier))
        await notifier.close()

    assert caught.value.reason is DeliveryFailure.OUTCOME_UNKNOWN
    with pytest.raises(DeliveryFailed):
        await notifier.edit("1", longest_message(notifier))


async def test_the_package_installs_and_is_found(tmp_path: Path) -> None:
    """After `pip install`, `type: gotify` is a channel like any other, and its mistakes are explained."""
    source, site = tmp_path / "source", tmp_path / "site"
    shutil.copytree(PACKAGE, source)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    command = (*pip, "--no-deps", "--no-build-isolation", "--target", str(site), str(source))
    await asyncio.to_thread(subprocess.run, command, check=True)
    program = Program(tmp_path, {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])})

    async with Gotify() as server:
        program.configure(f'channels: {{push: {{type: gotify, server: "{server.url}", token: {TOKEN}}}}}\n')
        tried = await program.run("channels", "test", "push")
        program.configure("channels: {push: {type: gotify, server: nowhere}}\n")
        refused = await program.run("check")

        assert tried.status == 0, tried.stderr
        assert server.bodies[0]["title"] == "Test message from aggregator"
    assert refused.status == 2
    assert "the token of an application there" in refused.stderr
