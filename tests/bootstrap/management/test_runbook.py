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
    result = json.loads(run(capsys, "import", str(path), "--dry-run", "--json"))
    counts = {"sections": 10, "variables": 20, "tables": 14, "flags": 12, "policies": 3, "incidents": 7}
    assert {name: result[name] for name in counts} == counts
    assert result["cross_references"] == 8
    assert result["counts"]["items"] == len(result["items"]) == 33
    assert {"text": "`SECRET_KEY` provisioned", "section": "Core — always required"}.items() <= result["items"][
        0
    ].items()
    assert all(note["line"] > 0 and note["text"] for kind in ("unsure", "lint") for note in result[kind])
    assert len(result["lint"]) == 9
    assert not RunbookVersion.objects.exists()


@pytest.mark.parametrize("text", ["# Words\n\n- a point\n", "Launch\n======\n\nSee `it <x.html>`_.\n"])
def test_a_dry_run_refuses_what_the_import_refuses(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.md"
    path.write_text(text)
    with pytest.raises(CommandError) as stored:
        call_command("runbook", "import", str(path))
    with pytest.raises(CommandError) as tried:
        call_command("runbook", "import", str(path), "--dry-run")
    assert str(tried.value) == str(stored.value)


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
    result = json.loads(run(capsys, "import", str(file), "--dry-run", "--json"))
    assert result["counts"]["items"] == 1


def test_the_seed_exported_and_imported_twice_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "seed.txt"
    path.write_text(seed_001())
    first = json.loads(run(capsys, "import", str(path), "--json"))
    exported = tmp_path / "exported.md"
    exported.write_text(run(capsys, "export", "raptor"))
    again = json.loads(run(capsys, "import", str(exported), "--json"))
    assert again["counts"] == first["counts"]
    assert [(item["key"], item["text"], item["section"], item["needs"]) for item in again["items"]] == [
        (item["key"], item["text"], item["section"], item["needs"]) for item in first["items"]
    ]
    assert again["stored"] == "runbook raptor: version 2; no checklist changed"
    twice = run(capsys, "export", "raptor")
    assert twice == exported.read_text()
    exported.write_text(twice)
    assert "this text is version 2 already" in run(capsys, "import", str(exported))
    assert ChecklistVersion.objects.count() == 2


def test_json_stands_alone_on_standard_output_and_progress_beside_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("runbook", "import", str(file), "--json")
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (result["runbook"], result["system"], result["version"]) == ("mailer", "mailer", 1)
    assert err.splitlines() == [
        f"reading {len(TEXT.encode())} bytes",
        "understood 1 items in 0 sections",
        "stored",
    ]


def test_a_system_that_is_not_there_is_refused_or_made_on_demand(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    System.objects.create(slug="raptor", name="Raptor")
    with pytest.raises(CommandError, match=r"no system “payments”. There are: raptor. To make it, add --create"):
        call_command("runbook", "import", str(file), "--system", "payments")
    with pytest.raises(CommandError, match="cannot name a system"):
        call_command("runbook", "import", str(file), "--system", "pay ments", "--create")
    assert System.objects.count() == 1
    result = json.loads(run(capsys, "import", str(file), "--system", "payments", "--create", "--json"))
    assert (result["system"], result["runbook"]) == ("payments", "mailer")


def test_a_system_named_in_another_script_gets_a_slug_for_addresses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.md"
    path.write_text("# 决済サービス\n\n## チェックリスト\n\n- [ ] 確認\n")
    result = json.loads(run(capsys, "import", str(path), "--json"))
    system = System.objects.get()
    assert system.slug == result["system"] == "system-" + system.slug.removeprefix("system-")
    assert system.slug.isascii()
    assert system.name == "决済サービス"


REFUSED = {
    "empty.md": (b"", "The file is empty"),
    "big.md": (b"# A\n" * 2_000_000, "more than 5,000,000 bytes"),
    "latin.md": ("# Prüfliste\n\n- [ ] eins\n".encode("latin-1"), "Line 1 is not UTF-8"),
    "wide.md": ("# Checklist".encode("utf-16-le"), "NUL bytes"),
    "page.md": (b"<!doctype html><html><body>x", "an HTML or XML page"),
    "page.html": (b"<p>hello", "an HTML page"),
    "doc.pdf": (b"%PDF-1.7", "a PDF"),
    "doc.docx": (b"PK\x03\x04\x14", "an office document"),
    "doc.doc": (b"\xd0\xcf\x11\xe0", "an office document"),
    "noise.md": (bytes(range(256)) * 20, "is not UTF-8 text"),
    "data.md": (b'{"a": [1, 2]}', "This is JSON"),
    "data.yaml": (b"- a: 1\n", "data or settings"),
    "code.py": (b"# a comment\nimport os\n", "source code"),
    "code": (b"# a comment\nimport os\n\n# two\ndef f():\n    return os\n", "reads like source code"),
    "words.txt": (b"nothing here", "nothing in it reads like a runbook"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_runbook_is_refused_also_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    data, message = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CommandError, match=message) as refusal:
        call_command("runbook", "import", str(path), "--json")
    assert "A runbook is markdown or plain text (.md, .markdown, .txt)" in str(refusal.value)
    assert refusal.value.returncode == 1
    assert message in json.loads(capsys.readouterr().out)["error"]
    assert not RunbookVersion.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "/nowhere/at/all.md"], "No such file"),
        (["import", str(Path(__file__).parent)], "Is a directory"),
        (["export", "nope"], "No runbook nope. There are: none"),
    ],
)
def test_errors(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("runbook", *arguments)
