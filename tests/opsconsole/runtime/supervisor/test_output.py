from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.runtime.supervisor.output import Output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def wake() -> Iterator[int]:
    reader, writer = os.pipe()
    yield reader
    os.close(reader)
    os.close(writer)


def child_of(output: Output, name: str) -> int:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    output.add(reader, name)
    return writer


def drain(output: Output) -> None:
    while output.pump(0):
        pass


def test_each_line_carries_the_name_and_lines_come_whole(wake: int) -> None:
    stream = io.StringIO()
    output = Output(stream, wake)
    web, worker = child_of(output, "web"), child_of(output, "worker")
    os.write(web, b"half a ")
    drain(output)
    os.write(worker, b"done\n\n")
    os.write(web, b"line\nunfinished")
    drain(output)
    os.close(web)
    drain(output)
    assert sorted(stream.getvalue().splitlines()) == sorted(
        ["worker  | done", "worker  |", "web     | half a line", "web     | unfinished"]
    )
    os.close(worker)


def test_colour_only_on_a_terminal(wake: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    output = Output(stream, wake)
    os.write(writer := child_of(output, "web"), b"hello\n")
    drain(output)
    assert stream.getvalue() == "\x1b[36mweb     |\x1b[0m hello\n"
    os.close(writer)


def test_a_line_without_end_does_not_fill_the_memory(wake: int) -> None:
    stream = io.StringIO()
    output = Output(stream, wake)
    writer = child_of(output, "web")
    for _ in range(8):
        os.write(writer, b"x" * 32768)
        drain(output)
    assert stream.getvalue().count("web     | xxx") == 1
    os.close(writer)


def test_a_reader_that_went_away_does_not_stop_the_console(wake: int) -> None:
    stream = io.StringIO()
    output = Output(stream, wake)
    stream.close()
    output.log("nobody hears this")


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_any_bytes_in_any_pieces_come_out_as_the_same_lines(pieces: list[bytes]) -> None:
    wake, wake_writer = os.pipe()
    stream = io.StringIO()
    output = Output(stream, wake)
    writer = child_of(output, "p")
    for piece in pieces:
        os.write(writer, piece)
        drain(output)
    os.close(writer)
    drain(output)
    text = b"".join(pieces)
    expected = text.removesuffix(b"\n").split(b"\n") if text else []
    shown = stream.getvalue()
    assert [f"p       | {line.decode(errors='replace')}".rstrip() for line in expected] == shown.split("\n")[:-1]
    os.close(wake)
    os.close(wake_writer)
