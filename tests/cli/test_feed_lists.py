"""`aggregator feeds import` and `export`, as a user and a script see them: real processes."""

from __future__ import annotations

import asyncio
import os
import pty
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.builders import feed
from support.program import REPOSITORY, Program, read_terminal
from support.stores import new_store

from aggregator.model.feeds import COMMAND_LINE, Feed

LIST = """<opml version="2.0"><body>
<outline text="News"><outline text="A" xmlUrl="https://a.example/rss"/>
<outline text="Scripts"><outline text="S" xmlUrl="exec:feed.sh"/></outline></outline>
<outline text="B" xmlUrl="https://b.example/rss"/><outline text="A" xmlUrl="http://www.a.example/rss/"/>
<outline text="File" xmlUrl="file:///etc/passwd"/>
<outline text="Lost" xmlUrl="https://c.example/rss?token=***"/>
</body></opml>"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with one feed in its configuration."""
    program = Program(tmp_path)
    program.configure("feeds: [{id: yaml, url: 'https://yaml.example/', tags: [own]}]\n")
    (tmp_path / "list.opml").write_text(LIST)
    return program


async def stored(program: Program, *feeds: Feed) -> None:
    """Add feeds without looking at them."""
    store = await new_store(program.folder / "aggregator.db")
    await store.add_feeds(feeds, datetime.now(UTC))
    await store.close()


async def known(program: Program) -> dict[str, Feed]:
    """The feeds that were added."""
    store = await new_store(program.folder / "aggregator.db")
    feeds = await store.added_feeds()
    await store.close()
    return {source.id: source for source in feeds}


async def test_a_list_is_imported_once(program: Program) -> None:
    """Feeds come with their folders as tags; what is no feed is named with its place; again changes nothing."""
    path = str(program.folder / "list.opml")

    dry = await program.run("feeds", "import", "--dry-run", "--tag", "new", path)
    before = await known(program)
    first = await program.run("feeds", "import", "--tag", "new", path)
    second = await program.run("feeds", "import", "--tag", "new", path)

    assert before == {}
    assert dry.stdout.splitlines() == [
        "2 feeds would be added, 0 would be given more tags, 0 there already, 3 left out",
        "  a-example-rss  https://a.example/rss  News, new",
        "  b-example-rss  https://b.example/rss  new",
    ]
    assert first.stdout == "2 feeds added, 0 given more tags, 0 there already, 3 left out\n"
    assert second.stdout == "0 feeds added, 0 given more tags, 2 there already, 3 left out\n"
    left_out = [line.removeprefix(f"left out: {path}:") for line in first.stderr.splitlines()]
    assert left_out[0].startswith("3:25: outline: 'exec:feed.sh' is not the address of a feed; write https://…")
    assert left_out[1].startswith("5:1: outline: a file is no address for a list that others wrote; name it in")
    assert left_out[2].startswith("6:1: outline: *** stands where a secret was left out; write the secret there")
    assert len(left_out) == 3
    assert (dry.status, first.status, second.status) == (1, 1, 1)
    assert {name: (source.title, source.tags, source.folder) for name, source in (await known(program)).items()} == {
        "a-example-rss": ("A", ("News", "new"), ("News",)),
        "b-example-rss": ("B", ("new",), ()),
    }


async def test_several_lists_and_stdin_are_one_import(program: Program) -> None:
    """Files come together; a feed of the configuration stays as it is; a known one gains tags."""
    await stored(program, feed("a", url="https://a.example/", tags=("x",), owner=COMMAND_LINE))
    body = '<outline text="y"><outline xmlUrl="https://a.example/"/><outline xmlUrl="https://yaml.example/"/></outline>'
    (program.folder / "other.opml").write_text('<opml><outline xmlUrl="https://b.example/"/></opml>')

    run = await program.run(
        *("feeds", "import", str(program.folder / "other.opml"), "-"), stdin=f"<opml>{body}</opml>".encode()
    )

    assert run.stdout == "1 feed added, 1 given more tags, 1 there already, 0 left out\n"
    assert run.status == 0
    assert {name: source.tags for name, source in (await known(program)).items()} == {"a": ("x", "y"), "b-example": ()}


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"<opml>\n<outline xmlUrl='a?b=1&c=2'/></opml>", 2, ":2:25: not valid OPML: not well-formed (invalid token)"),
        (b"<rss/>", 2, ":1:1: not valid OPML: there is no opml element; is this another kind of file?"),
        (b"", 2, ":1:1: not valid OPML: no element found; the file ends too early"),
        (b" " * 17_000_000, 2, ":1:1: not read: it is larger than 16,777,216 bytes"),
        (None, 1, "cannot be read (No such file or directory); is the path right?"),
    ],
)
async def test_what_is_no_list_adds_nothing(program: Program, content: bytes | None, status: int, words: str) -> None:
    """A file that cannot be read is named with the place, and none of the others is imported without it."""
    bad = program.folder / "bad.opml"
    if content is not None:
        bad.write_bytes(content)

    run = await program.run("feeds", "import", str(program.folder / "list.opml"), str(bad))

    assert f"{bad}" in run.stderr
    assert words in run.stderr
    assert run.status == status
    assert await known(program) == {}


async def test_a_dry_run_of_a_long_list_shows_its_beginning(program: Program) -> None:
    """The first twenty are shown, and how many more there are; titles cannot command the terminal."""
    body = "".join(f'<outline xmlUrl="https://a.example/\u202e{n}"/>' for n in range(25))

    run = await program.run("feeds", "import", "--dry-run", "-", stdin=f"<opml>{body}</opml>".encode())

    lines = run.stdout.splitlines()
    assert lines[0].startswith("25 feeds would be added")
    assert lines[1].endswith("https://a.example/0")
    assert (len(lines), lines[-1]) == (22, "  … and 5 more")


async def test_an_export_comes_back_as_it_went(program: Program, tmp_path: Path) -> None:
    """Exported and imported elsewhere, each feed is what it was; imported here, nothing changes, secrets or not."""
    mine = feed(
        "mine", url="https://me:s3cr3t@a.example/?token=t0ken&p=2", title="Mine", tags=("x",), owner=COMMAND_LINE
    )
    await stored(program, mine)
    whole, plain = tmp_path / "whole.opml", tmp_path / "plain.opml"
    elsewhere = Program(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    elsewhere.configure("")

    with_secrets = await program.run("feeds", "export", "--with-secrets", str(whole))
    without = await program.run("feeds", "export", str(plain))
    shown = await program.run("feeds", "export")
    same = [await program.run("feeds", "import", str(path)) for path in (whole, plain)]
    there = await elsewhere.run("feeds", "import", str(whole))
    lost = await Program(tmp_path).run("feeds", "export", "/nowhere/x.opml")

    assert with_secrets.stdout == f"2 feeds written to {whole}\n"
    assert with_secrets.stderr == ""
    note = "note: 1 address written without the secret in it; --with-secrets writes it too\n"
    assert (without.stderr, shown.stderr) == (note, note)
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600
    assert shown.stdout.replace("\n", "")[200:] == plain.read_text().replace("\n", "")[200:]
    assert "s3cr3t" in whole.read_text()
    assert not any(secret in plain.read_text() for secret in ("s3cr3t", "t0ken"))
    assert [run.stdout for run in same] == ["0 feeds added, 0 given more tags, 2 there already, 0 left out\n"] * 2
    assert there.stdout == "2 feeds added, 0 given more tags, 0 there already, 0 left out\n"
    assert (await known(elsewhere))["mine"] == mine
    assert (lost.status, "cannot be written (No such file or directory)" in lost.stderr) == (1, True)


async def test_thousands_of_feeds_are_imported_with_a_bar(program: Program) -> None:
    """On a terminal, five thousand feeds have a bar that goes away in the end; all are there."""
    path = program.folder / "many.opml"
    body = "".join(f'<outline text="f{n}" xmlUrl="https://n{n}.example/rss"/>' for n in range(5000))
    path.write_text(f"<opml><body>{body}</body></opml>")
    terminal, stderr = pty.openpty()

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "-c", str(program.config), "feeds", "import", str(path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
        cwd=REPOSITORY,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(stderr)
    reading = asyncio.create_task(asyncio.to_thread(read_terminal, terminal))
    stdout, _ = await process.communicate()
    shown = await reading

    assert process.returncode == 0
    assert stdout == b"5,000 feeds added, 0 given more tags, 0 there already, 0 left out\n"
    assert "Adding feeds" in shown
    assert "/5000" in shown
    assert len(await known(program)) == 5000
