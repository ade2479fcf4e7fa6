"""`manage.py checklist_lint`: a flag in the source that no checklist covers fails the build of the application."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bootstrap.importer.flag_coverage import source_scan
from bootstrap.systems.models import System

pytestmark = pytest.mark.usefixtures("shipped_runbooks")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text('import os\n\nif os.environ.get("FLAG_DEMO_SESSION") == "1":\n    pass\n')
    return tmp_path


def lint(source: Path, *more: str) -> None:
    call_command("checklist_lint", "--source", str(source), *more)


def test_flags_that_items_or_gates_cover_pass(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "mail.js").write_text('flags["FLAG_POSTMARK_DELIVERY_MONITOR"]; // named by the heading of its section\n')
    lint(source)
    out, err = capsys.readouterr()
    assert out == "2 files, 2 flags covered, 0 not covered, 9 only in checklists\n"
    assert "warning: FLAG_SENTRY_BACKEND is in a checklist, but the source no longer names it" in err


def test_a_flag_without_an_item_fails_with_its_places(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "pkg").mkdir()
    (source / "pkg" / "limits.py").write_text("a = 1\nb = env('FLAG_RATE_LIMIT_STORAGE_REDIS')\nc = env('FLAG_NEW')\n")
    with pytest.raises(CommandError, match="2 flags are covered by no checklist") as failed:
        lint(source)
    assert failed.value.returncode == 1
    out = capsys.readouterr().out
    assert "pkg/limits.py:2: FLAG_RATE_LIMIT_STORAGE_REDIS is covered by no checklist" in out
    assert "pkg/limits.py:3: FLAG_NEW is covered by no checklist" in out
    assert "add `- [ ] `FLAG_NEW=1` set`" in out


def test_json(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "new.py").write_text("FLAG_NEW = 1\nFLAG_NEW\n")
    with pytest.raises(CommandError):
        lint(source, "--json", "--system", "raptor")
    result = json.loads(capsys.readouterr().out)
    assert result["uncovered"] == [
        {"flag": "FLAG_NEW", "places": [{"file": "new.py", "line": 1}, {"file": "new.py", "line": 2}]}
    ]
    assert result["covered"] == ["FLAG_DEMO_SESSION"]


def test_a_call_with_a_known_alias_counts_as_its_flag(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "calls.py").write_text('flags.is_enabled("sentry_backend")\nis_enabled("unheard_of")\n"demo_session"\n')
    lint(source, "--json")
    assert json.loads(capsys.readouterr().out)["covered"] == ["FLAG_DEMO_SESSION", "FLAG_SENTRY_BACKEND"]


def test_what_is_not_source_is_not_read(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_scan, "LARGEST_FILE", 1000)
    for name in ("node_modules/x.js", ".git/x", "venv/x.py", "CHANGELOG.md"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text("FLAG_HIDDEN")
    (source / "binary.bin").write_bytes(b"\0FLAG_HIDDEN")
    (source / "large.py").write_text("FLAG_HIDDEN" + " " * 1000)
    (source / "prefix.py").write_text(
        "FLAG_PREFIX = 'FLAG_'  # checklist-lint: ignore\nname = f'FLAG_{x}'\nMY_FLAG_X = 1\n"
    )
    (source / "loop").symlink_to(source, target_is_directory=True)
    (source / "dangling.py").symlink_to(source / "nowhere")
    lint(source)
    out, err = capsys.readouterr()
    assert out.startswith("2 files, 1 flags covered, 0 not covered")
    assert "warning: large.py was not read: too large" in err


def test_no_more_files_than_the_bound(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_scan, "MOST_FILES", 1)
    (source / "z.py").write_text("FLAG_NEW")
    lint(source)
    assert "too many files" in capsys.readouterr().err


def test_only_checklists_of_the_system_count(source: Path) -> None:
    System.objects.create(slug="other", name="Other")
    with pytest.raises(CommandError, match="1 flag is covered by no checklist"):
        lint(source, "--system", "other")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere/at/all"], "no such directory"),
        (["/tmp", "--system", "x"], "No system x. There are: aurora, raptor"),
    ],
)
def test_wrong_questions_exit_with_two(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        lint(Path(arguments[0]), *arguments[1:])
    assert refused.value.returncode == 2


def test_an_empty_source_is_not_the_current_directory() -> None:
    with pytest.raises(CommandError, match="argument --source: the value is empty"):
        call_command("checklist_lint", "--source", "")
