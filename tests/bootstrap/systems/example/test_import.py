"""A .env.example becomes variables of an application, by page and by command; what people edited stays."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from bootstrap.systems.example.parse import parse
from bootstrap.systems.example.write import import_example
from bootstrap.systems.models import App, ConfigVar
from tests.bootstrap.config_health import reports
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
ADDRESS = "/systems/import/example/"
TEXT = "# Orders\nDATABASE_URL=\nREGION=eu-west-1\n# DEBUG=false\nAPI_KEY=changeme\n"


@pytest.fixture
def app() -> App:
    return reports.deployment().app


def test_it_adds_what_the_file_names(app: App) -> None:
    done = import_example(app, parse(TEXT))
    assert done.changes == (
        "DATABASE_URL: added; always required",
        "REGION: added; with a default",
        "DEBUG: added; with a default",
        "API_KEY: added; always required; secret",
    )
    assert ConfigVar.objects.get(name="DATABASE_URL").description == "Orders"
    assert import_example(app, parse(TEXT)).changes == ()


def test_a_field_follows_the_file_until_somebody_edits_it(app: App) -> None:
    ConfigVar.objects.create(app=app, name="OLD", required_when="FLAG_X=1")
    import_example(app, parse(TEXT))
    ConfigVar.objects.filter(name="REGION").update(default="us-east-1")
    newer = TEXT.replace("eu-west-1", "eu-north-1").replace("Orders", "All orders") + "OLD=\n"
    done = import_example(app, parse(newer))
    assert done.changes[0] == "DATABASE_URL: description"
    assert done.kept == ("REGION: default", "OLD: required when")
    assert ConfigVar.objects.get(name="REGION").default == "us-east-1"
    assert ConfigVar.objects.get(name="OLD").required_when == "FLAG_X=1"


def test_a_dry_run_changes_nothing_and_statements_do_not_grow(app: App, django_assert_num_queries: object) -> None:
    assert len(import_example(app, parse(TEXT), dry_run=True).changes) == 4
    assert not ConfigVar.objects.exists()
    many = parse("".join(f"NAME_{n}=\n" for n in range(300)))
    with django_assert_num_queries(5):  # type: ignore[operator]
        import_example(app, many)


def test_the_page_shows_first_and_applies_then(app: App) -> None:
    client = client_of("ann", "add_configvar", "change_configvar")
    assert ADDRESS in client.get("/environments/").content.decode()
    assert client.get(ADDRESS).status_code == 200
    sent = {"app": app.pk, "text": TEXT + "what\n"}
    page = client.post(ADDRESS, {**sent, "preview": "1"}).content.decode()
    assert "DATABASE_URL: added; always required" in page
    assert "line 6: not NAME=VALUE" in page
    assert not ConfigVar.objects.exists()
    answer = client.post(ADDRESS, {**sent, "save": "1"})
    assert (answer.status_code, ConfigVar.objects.count()) == (303, 4)
    assert "Nothing to change" in client.post(ADDRESS, {**sent, "preview": "1"}).content.decode()


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"text": "hello"}, "There is not one NAME= in it."),
        ({"text": " "}, "Choose a file or paste its text."),
        ({"text": "A=", "app": "99999"}, "There is no such application."),
        ({"text": "A=\0"}, "characters"),
    ],
)
def test_what_is_wrong_is_told(app: App, sent: dict[str, str], message: str) -> None:
    client = client_of("ann", "add_configvar", "change_configvar")
    answer = client.post(ADDRESS, {"app": str(app.pk), **sent, "save": "1"})
    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_who_may_not_change_variables_may_not_import(app: App) -> None:
    assert Client().get(ADDRESS).status_code == 302
    assert client_of("eve", "add_configvar").post(ADDRESS, {"app": app.pk, "text": TEXT}).status_code == 403


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("config_example", *arguments, stdout=out)
    return out.getvalue()


def test_the_command(app: App, tmp_path: Path) -> None:
    file = tmp_path / ".env.example"
    file.write_text(TEXT)
    assert "API_KEY: added" in run("import", "demo/demo-api", str(file), "--dry-run")
    assert not ConfigVar.objects.exists()
    done = json.loads(run("import", "demo/demo-api", str(file), "--json"))
    assert (len(done["changes"]), done["app"], done["dry_run"]) == (4, "demo/demo-api", False)
    with pytest.raises(CommandError, match="No application other"):
        run("import", "demo/other", str(file))
    with pytest.raises(CommandError, match="No such file"):
        run("import", "demo/demo-api", str(tmp_path / "none"))
