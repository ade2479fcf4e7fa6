"""`manage.py runbook import` and `export`: the contract for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.content import load
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import System
from tests.seeds.files import seed_001

pytestmark = pytest.mark.django_db
TEXT = "# Mailer — Runbook\n\n- System: Mailer\n\n## Setup checklist\n\n- [ ] `MAIL_TOKEN` set\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mailer.md"
    path.write_text(TEXT)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("runbook", *arguments)
    return capsys.readouterr().out


def test_json_of_seed_001(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "seed.txt"
    path.write_text(seed_001())
    told = json.loads(run(capsys, "import", str(path), "--dry-run", "--json"))
    counts = {"sections": 10, "variables": 20, "tables": 14, "flags": 12, "policies": 3, "incidents": 5}
    assert {name: told[name] for name in counts} == counts
    assert told["cross_references"] == 8
    assert told["counts"]["items"] == len(told["items"]) == 33
    assert {"text": "`SECRET_KEY` provisioned", "section": "Core — always required"}.items() <= told["items"][0].items()
    assert all(note["line"] > 0 and note["text"] for kind in ("unsure", "lint") for note in told[kind])
    assert len(told["lint"]) == 9
    assert not RunbookVersion.objects.exists()


def test_an_import_stores_once_and_makes_the_system_it_names(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "runbook mailer: version 1; Setup checklist v1" in run(capsys, "import", str(file))
    assert System.objects.get().slug == "mailer"
    assert "this text is version 1 already" in run(capsys, "import", str(file))
    assert ChecklistVersion.objects.count() == 1


def test_the_seed_is_a_new_version_of_the_shipped_runbook_and_touches_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load()
    path = tmp_path / "seed.md"
    path.write_text(seed_001())
    assert "runbook raptor: version 2" in run(capsys, "import", str(path), "--system", "raptor")
    assert set(Run.objects.values_list("version__number", flat=True)) == {1}


def test_an_export_imported_again_is_equal(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", str(file))
    exported = run(capsys, "export", "mailer")
    assert "- [ ] `MAIL_TOKEN` set" in exported
    file.write_text(exported)
    told = json.loads(run(capsys, "import", str(file), "--dry-run", "--json"))
    assert told["counts"]["items"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "/nowhere/at/all.md"], "No such file"),
        (["import", __file__.replace("test_runbook.py", "__init__.py")], "The file is empty"),
        (["export", "nope"], "No runbook nope. There are: none"),
    ],
)
def test_errors(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("runbook", *arguments)
