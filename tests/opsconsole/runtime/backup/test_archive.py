"""The archive is whole or not there, private, and any damage is found before it is used."""

from __future__ import annotations

import errno
import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.checklists.audit.chain_head import ChainHead
from opsconsole.runtime.backup.archive import DUMP, HEADS, KEY, ArchiveReader, ArchiveWriter, Sink, write_bytes
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.manifest import FORMAT, BackupManifest, decode, encode

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
CONTENT = {DUMP: os.urandom(5000) + bytes(600), KEY: b"k" * 86, HEADS: b"{}\n"}


def manifest_of(writer: ArchiveWriter) -> BackupManifest:
    return BackupManifest(
        created_at=NOON,
        server="18.6",
        epoch=1,
        migrations=("bootstrap.0001_initial",),
        rows={"detections_inbox": 3},
        head=ChainHead(7, "a" * 64, 6, NOON),
        files=dict(writer.files),
    )


def write(path: Path) -> Path:
    with ArchiveWriter(path) as writer:
        for name, content in CONTENT.items():
            writer.add(name, write_bytes(content), NOON.timestamp())
        writer.finish(manifest_of(writer))
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("archive") / "b.tar").read_bytes()


def test_it_has_what_was_written_and_is_private(tmp_path: Path) -> None:
    path = write(tmp_path / "b.tar")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    with ArchiveReader(path) as archive:
        assert {name: b"".join(archive.chunks(name)) for name in CONTENT} == CONTENT
        assert archive.manifest.head == ChainHead(7, "a" * 64, 6, NOON)
        assert archive.manifest.inbox == 3
        assert "keep it like a password" in archive.manifest.note


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    with tarfile.open(write(tmp_path / "b.tar")) as tar:
        assert tar.getnames() == [DUMP, KEY, HEADS, "manifest.json"]
        assert {member.mode for member in tar.getmembers()} == {0o600}
        assert {member.mtime for member in tar.getmembers()} == {int(NOON.timestamp())}


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(out: Sink) -> None:
        out.write(b"a part")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"), ArchiveWriter(tmp_path / "b.tar") as writer:
        writer.add(DUMP, full, 0)
    assert list(tmp_path.iterdir()) == []


def no_links(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """Also where the file system has no hard links, as FAT has none."""
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    target = tmp_path / "b.tar"
    with ArchiveWriter(target) as writer:
        writer.add(DUMP, write_bytes(b"one"), 0)
        write(target)  # a second backup to the same name, which is done first
        content = target.read_bytes()
        with pytest.raises(FileExistsError):
            writer.finish(manifest_of(writer))
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(target, content)]


def test_without_hard_links_it_is_whole_and_private_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    path = write(tmp_path / "b.tar")
    assert (list(tmp_path.iterdir()), path.stat().st_mode & 0o777) == ([path], 0o600)
    with ArchiveReader(path) as archive:
        assert archive.manifest.inbox == 3


def test_another_failure_to_name_it_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "b.tar")
    assert list(tmp_path.iterdir()) == []


@given(st.data())
def test_one_that_was_cut_off_is_refused(whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: object) -> None:
    size = data.draw(st.integers(0, len(whole) - 2 * 512 - 1))  # type: ignore[attr-defined]
    refused(tmp_path_factory.getbasetemp() / "cut.tar", whole[:size])


@given(st.data())
def test_no_byte_of_its_content_can_change(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: object
) -> None:
    start = data.draw(st.sampled_from([512, 512 + 6144 + 512, 512 + 6144 + 1024 + 512]))  # type: ignore[attr-defined]
    position = start + data.draw(st.integers(0, 2))  # type: ignore[attr-defined]
    changed = bytearray(whole)
    changed[position] ^= data.draw(st.integers(1, 255))  # type: ignore[attr-defined]
    refused(tmp_path_factory.getbasetemp() / "changed.tar", bytes(changed))


@given(st.binary(max_size=3000))
def test_another_file_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    refused(tmp_path_factory.getbasetemp() / "other.tar", content)


def refused(path: Path, content: bytes) -> None:
    """In one sentence that names the file and says that nothing was changed."""
    path.write_bytes(content)
    with pytest.raises(BackupError) as error:
        ArchiveReader(path)
    assert str(error.value).startswith(str(path))
    assert str(error.value).endswith("Nothing was changed.")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"none\.tar cannot be read: No such file or directory\."):
        ArchiveReader(tmp_path / "none.tar")


def test_one_without_its_dump_is_refused(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "b.tar") as writer:
        writer.add(KEY, write_bytes(b"k"), 0)
        writer.finish(manifest_of(writer))
    with pytest.raises(BackupError, match="is not a backup of opsconsole"):
        ArchiveReader(tmp_path / "b.tar")


def test_a_later_format_is_refused_by_its_number() -> None:
    later = msgspec.json.encode({"format": FORMAT + 1, "other": "fields"})
    with pytest.raises(BackupError, match=f"has format {FORMAT + 1}; this console reads format {FORMAT}"):
        decode(later)


def test_a_manifest_survives_its_writing(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "b.tar") as writer:
        manifest = manifest_of(writer)
    assert decode(encode(manifest)) == manifest
