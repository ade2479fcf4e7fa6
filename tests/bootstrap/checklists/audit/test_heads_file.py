"""The file of heads: private, only appended to, and readable whatever stands in it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.checklists.audit.chain_head import ChainHead
from bootstrap.checklists.audit.heads_file import append, read
from bootstrap.checklists.audit.note_head import keep

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
HASH = "a" * 64


def test_heads_are_appended_to_a_private_file(heads_file: Path) -> None:
    for number in (1, 2):
        append(heads_file, ChainHead(number, HASH, number, NOON + timedelta(days=number)))
    assert heads_file.stat().st_mode & 0o777 == 0o600
    found = read(heads_file)
    assert [(head.number, head.acts, head.hash) for head in found.heads] == [(1, 1, HASH), (2, 2, HASH)]
    assert found.heads[1].describe() == f"line 2 of {heads_file}, 2026-06-14 12:00 UTC"
    assert found.problems == ()


def test_a_line_that_was_cut_off_does_not_swallow_the_next(heads_file: Path) -> None:
    append(heads_file, ChainHead(1, HASH, 1, NOON))
    heads_file.write_bytes(heads_file.read_bytes() + b'{"number": 2, "ha')
    append(heads_file, ChainHead(3, HASH, 3, NOON))
    found = read(heads_file)
    assert [head.number for head in found.heads] == [1, 3]
    assert found.problems == (f"line 2 of {heads_file} is no head and was not compared",)


@pytest.mark.parametrize("before", ["", "\n"])
def test_a_full_disk_leaves_no_part_of_a_line(heads_file: Path, monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    append(heads_file, ChainHead(1, HASH, 1, NOON))
    content = heads_file.read_bytes().removesuffix(b"\n") + before.encode()
    heads_file.write_bytes(content)
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, data: write(fd, data[:17]))
        with pytest.raises(OSError, match="No space left on device"):
            append(heads_file, ChainHead(2, HASH, 2, NOON))
    assert heads_file.read_bytes() == content
    append(heads_file, ChainHead(3, HASH, 3, NOON))
    found = read(heads_file)
    assert ([head.number for head in found.heads], found.problems) == ([1, 3], ())


def test_a_directory_that_nothing_else_needed_is_made(tmp_path: Path) -> None:
    append(tmp_path / "var" / "heads", ChainHead(1, HASH, 1, NOON))
    assert len(read(tmp_path / "var" / "heads").heads) == 1


def test_a_link_in_its_place_is_not_followed(heads_file: Path, tmp_path: Path) -> None:
    heads_file.symlink_to(tmp_path / "elsewhere")
    assert not keep(ChainHead(1, HASH, 1, NOON))
    assert not (tmp_path / "elsewhere").exists()


def test_a_head_that_cannot_be_kept_is_an_error_in_the_log(heads_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    heads_file.mkdir()
    assert not keep(ChainHead(1, HASH, 1, NOON))
    (record,) = caplog.records
    assert (record.levelname, vars(record)["head"]) == ("ERROR", f"1:{HASH}")
    assert "not kept" in record.message
    assert read(heads_file).problems == (f"{heads_file} cannot be read: Is a directory",)


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(
        lambda value: json.dumps(value).encode()
    )
    | st.fixed_dictionaries(
        {"number": st.integers() | st.text(), "acts": st.integers(), "hash": st.text(), "at": st.text()}
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_stands_in_it_is_read(content: bytes) -> None:
    path: Path = settings.AUDIT_HEADS_FILE
    path.write_bytes(content)
    found = read(path)
    assert len(found.heads) + len(found.problems) == len(content.splitlines())
