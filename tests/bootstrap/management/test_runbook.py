"""`manage.py runbook import` and `export`: the contract for scripts."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.content import load
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import System
from tests.bootstrap.importer.test_cases import case
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


@pytest.mark.parametrize("text", ["# Words\n", "Launch\n======\n\nSee `it <x.html>`_.\n"])
def test_a_dry_run_refuses_what_the_import_refuses(tmp_path: Path, text: str) -> None:
    path = tmp_path / "words.md"
    path.write_text(text)
    with pytest.raises(CommandError) as stored:
        call_command("runbook", "import", str(path))
    with pytest.raises(CommandError) as tried:
        call_command("runbook", "import", str(path), "--dry-run")
    assert str(tried.value) == str(stored.value)


def test_an_import_stores_once_and_makes_the_system_it_names(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "runbook mailer-runbook: version 1; Setup checklist v1" in run(capsys, "import", str(file))
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
    exported = run(capsys, "export", "mailer-runbook")
    assert "- [ ] `MAIL_TOKEN` set" in exported
    file.write_text(exported)
    result = json.loads(run(capsys, "import", str(file), "--dry-run", "--json"))
    assert result["counts"]["items"] == 1


def test_the_seed_exported_and_imported_twice_is_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "seed.txt"
    path.write_text(seed_001())
    first = json.loads(run(capsys, "import", str(path), "--json"))
    exported = tmp_path / "exported.md"
    exported.write_text(run(capsys, "export", first["runbook"]))
    again = json.loads(run(capsys, "import", str(exported), "--json"))
    assert again["counts"] == first["counts"]
    assert [(item["key"], item["text"], item["section"], item["needs"]) for item in again["items"]] == [
        (item["key"], item["text"], item["section"], item["needs"]) for item in first["items"]
    ]
    assert again["stored"].startswith(f"runbook {first['runbook']}: this text is version 1 already; posture of staging")
    assert run(capsys, "export", first["runbook"]) == exported.read_text()
    assert ChecklistVersion.objects.count() == 2


def test_json_stands_alone_on_standard_output_and_progress_beside_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("runbook", "import", str(file), "--json")
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (result["runbook"], result["system"], result["version"]) == ("mailer-runbook", "mailer", 1)
    assert err.splitlines() == [
        f"reading {len(TEXT.encode())} bytes",
        "understood 1 item in 0 sections",
        "system mailer made, called Mailer",
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
    assert (result["system"], result["runbook"]) == ("payments", "mailer-runbook")


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


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "text.md"
    path.write_text(text)
    return str(path)


def test_22_a_system_that_is_made_is_called_by_its_slug_or_as_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, case("22"))
    run(capsys, "import", file, "--system", "billing", "--create")
    run(capsys, "import", file, "--system", "pay", "--create", "--system-name", "Payments")
    assert dict(System.objects.values_list("slug", "name")) == {"billing": "Billing", "pay": "Payments"}


def test_02_two_titles_with_a_colon_are_two_runbooks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for part in case("02").split("file two (same --system):\n"):
        text = textwrap.dedent(part.replace("file one:\n", "")).strip() + "\n"
        run(capsys, "import", write(tmp_path, text), "--system", "ops", "--create")
    assert set(ChecklistVersion.objects.values_list("checklist__slug", "number")) == {
        ("runbook-disk-full", 1),
        ("runbook-queue-stuck", 1),
    }


def test_what_would_replace_another_title_is_refused_with_the_arguments_that_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "import", write(tmp_path, "# C setup\n\n- [ ] a\n"), "--system", "ops", "--create")
    file = write(tmp_path, "# C++ setup\n\n- [ ] b\n")
    for more in ([], ["--dry-run"]):
        with pytest.raises(CommandError, match=r"--as c-setup\. To keep both: --as c-setup-2") as refusal:
            call_command("runbook", "import", file, "--system", "ops", *more)
        assert refusal.value.returncode == 1
    assert "runbook c-setup-2: version 1" in run(capsys, "import", file, "--system", "ops", "--as", "c-setup-2")
    with pytest.raises(CommandError, match="cannot name a runbook"):
        call_command("runbook", "import", file, "--as", "no slug")


def test_a_dry_run_tells_what_the_import_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, case("23"))
    told = run(capsys, "import", file, "--system", "barn", "--create", "--dry-run")
    assert "A new runbook, barn-runbook." in told
    assert "1 checklist, " in told
    assert "1 posture" in told
    assert "Posture of staging (2026-11-01) is kept: there is no deployment there yet" in told
    assert not System.objects.exists()
    result = json.loads(run(capsys, "import", file, "--system", "barn", "--create", "--json"))
    (posture,) = result["postures_found"]
    assert (posture["environment"], posture["date"], posture["state"]) == ("staging", "2026-11-01", "waiting")
    assert posture["text"] in result["changes"]
    assert "version 1 of barn-runbook already" in run(capsys, "import", file, "--system", "barn", "--dry-run")


def test_a_checklist_is_made_of_numbered_steps_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, "# Queue stuck\n\n1. Look\n2. Wait\n")
    assert "version 1; kept as a document" in run(capsys, "import", file, "--system", "ops", "--create")
    result = json.loads(run(capsys, "import", file, "--system", "ops", "--steps", "in-order", "--json"))
    assert [item["needs"] for item in result["items"]] == [[], ["look"]]
    assert result["version"] == 2
    for text in ("# X\n\n- [ ] a\n", "# X\n\nWords.\n"):
        with pytest.raises(CommandError, match=r"boxes already|no numbered step"):
            call_command("runbook", "import", write(tmp_path, text), "--steps", "each")
