"""Secrets of feeds: in no output of any command, and in one column of the database."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from support.feed_server import FeedServer
from support.program import Finished, Program
from support.proxies import HttpProxy

SECRET = "s3cr3t"
KINDS = ("404", "410", "429", "500", "html", "gigabyte", "loop", "tofile", "empty", "reset", "slow", "truncated")


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A feed server that also fails in many ways."""
    async with FeedServer() as server:
        yield server


@pytest.fixture
async def program(tmp_path: Path, server: FeedServer) -> AsyncIterator[Program]:
    """Feeds that fail in every way, with secrets wherever there can be any."""
    program = Program(tmp_path)
    program.environment = {"FEED_SECRET": SECRET}
    where = server.url.replace("http://", f"http://me:{SECRET}@")
    shown = "auth: {bearer: '${FEED_SECRET}'}, headers: {X-Key: '${FEED_SECRET}'}, cookies: {sid: '${FEED_SECRET}'}"
    async with HttpProxy(credentials=("me", "another")) as proxy:
        lines = [
            *(f"{{id: 'x{kind}', url: '{where}/bad/{kind}?token={SECRET}', {shown}}}" for kind in KINDS),
            f"{{id: good, url: '{server.url}/feed/good', {shown}}}",
            f"{{id: away, url: 'http://me:{SECRET}@127.0.0.1:1/?api_key={SECRET}'}}",
            f"{{id: unproxied, url: '{server.url}/feed/a', proxy: 'http://me:{SECRET}@127.0.0.1:1'}}",
            f"{{id: refused, url: '{server.url}/feed/a?b', proxy: 'http://me:{SECRET}@127.0.0.1:{proxy.port}'}}",
            f"{{id: socks, url: '{server.url}/feed/a?c', proxy: 'socks5://me:{SECRET}@127.0.0.1:1'}}",
            f"{{id: untrusted, url: 'https://me:{SECRET}@127.0.0.1:{server.url.rpartition(':')[2]}/?token={SECRET}'}}",
            f"{{id: keyless, url: '{server.url}/feed/a?d', {shown}, tls: {{client_cert: nothing.pem}}}}",
        ]
        feeds = "".join(f"  - {line}\n" for line in lines)
        program.configure(
            f"polling: {{host_delay: 0s, per_host: 20, timeout: 2s, broken_after: 1}}\nfeeds:\n{feeds}"
            "channels: {screen: {type: console}}\nnotices: {send_to: [screen]}\n"
        )
        yield program


async def test_no_secret_is_printed_logged_exported_or_stored(program: Program, server: FeedServer) -> None:
    """Whatever fails, no command shows a secret; the database has those that stand in addresses, there alone."""
    listed = f'<opml><outline xmlUrl="http://me:{SECRET}@127.0.0.1:1/rss?token={SECRET}"/>'
    listed += f'<outline xmlUrl="ftp://me:{SECRET}@127.0.0.1/"/></opml>'
    runs: dict[str, Finished] = {}
    for name, arguments in {
        "check": ["check"],
        "import": ["feeds", "import", "-"],
        "run": ["--log-level", "debug", "run", "--once", "--force"],
        "json": ["--log-level", "debug", "--log-format", "json", "feeds", "poll"],
        "add": ["feeds", "add", f"http://me:{SECRET}@127.0.0.1:1/?token={SECRET}"],
        "discover": ["feeds", "discover", f"http://me:{SECRET}@127.0.0.1:1/?token={SECRET}", "--json"],
        "there": ["feeds", "add", f"{server.url.replace('//', f'//me:{SECRET}@')}/feed/own?token={SECRET}"],
        "list": ["feeds", "list"],
        "list json": ["feeds", "list", "--json"],
        "export": ["feeds", "export"],
        "deliveries": ["deliveries", "list", "--json"],
    }.items():
        runs[name] = await program.run(*arguments, stdin=listed.encode())

    failing = {
        row["id"]: row["last_error"] for row in runs["list json"].document if row["status"] in ("failing", "gone")
    }
    told = [name for name, run in runs.items() if SECRET in run.stdout + run.stderr]
    with closing(sqlite3.connect(program.folder / "aggregator.db")) as connection:
        columns = columns_with(connection, SECRET)

    assert failing.keys() >= {"away", "unproxied", "refused", "socks", "untrusted", "keyless", "x404", "xreset"}
    assert all(failing.values())
    assert "added" in runs["there"].stdout
    assert "token=***" in runs["export"].stdout
    assert len(runs["deliveries"].document) >= len(failing)
    assert told == []
    assert columns == {"feeds.url"}


def columns_with(connection: sqlite3.Connection, words: str) -> set[str]:
    """The columns in which `words` stand somewhere."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        f"{table}.{column}"
        for table in tables
        for (_, column, *_) in connection.execute(f"PRAGMA table_info({table})")
        if connection.execute(
            f"SELECT 1 FROM {table} WHERE instr(CAST({column} AS TEXT), ?) LIMIT 1",  # noqa: S608 - names are the schema's
            (words,),
        ).fetchone()
    }
