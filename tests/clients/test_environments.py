"""How environments of clients are built, and what a machine without a registry makes of it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.clients import environments

AWAY = "echo 'npm error code ENOTFOUND' >&2; exit 1"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data directory of its own, outside of CI."""
    settings.DATA_DIR = tmp_path
    monkeypatch.delenv("CI", raising=False)


def test_the_same_contents_are_built_once_and_others_beside_them() -> None:
    built: list[Path] = []
    folders = [environments._built(["3.11", pin], built.append) for pin in ("sdk==1", "sdk==1", "sdk==2")]

    assert folders[0] == folders[1] != folders[2]
    assert built == [folders[0], folders[2]]


def test_a_build_that_failed_leaves_nothing_behind() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("the disk is full")

    contents = ["3.11", uuid.uuid4().hex]
    with pytest.raises(RuntimeError, match="full"):
        environments._built(contents, fail)

    assert not (environments._built(contents, lambda folder: None) / "half").exists()


def test_without_a_registry_a_test_is_skipped_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="no registry answers"):
        environments._run("sh", "-c", AWAY, cwd=tmp_path)


def test_in_ci_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="CI must bring"):
        environments._run("sh", "-c", AWAY, cwd=tmp_path)


def test_a_pin_that_does_not_exist_fails_everywhere(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="No matching distribution"):
        environments._run("sh", "-c", "echo 'No matching distribution found for sdk==0' >&2; exit 1", cwd=tmp_path)


def test_an_old_node_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.19.0\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(pytest.skip.Exception, match=r"needs node 20 or later; here is v18\.19\.0"):
        environments.node_with("left-pad@1.3.0")
