"""The page that takes required-config-vars.yaml in: what would change first, then the changes."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bootstrap.systems.models import ConfigVar
from tests.bootstrap import builders
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
ADDRESS = "/systems/import/"
MAY = ("add_configvar", "change_configvar")
TEXT = "schema: 1\nsystem: demo\napps:\n  demo-api:\n    - name: API_TOKEN\n      format: dsn\n"


@pytest.fixture
def client() -> Client:
    builders.environment()
    return client_of("ann", *MAY)


def test_who_may_not_change_variables_may_not_import_them() -> None:
    builders.environment()
    assert Client().get(ADDRESS).headers["Location"].startswith("/accounts/login/")
    eve = client_of("eve", MAY[0])
    assert (eve.get(ADDRESS).status_code, eve.post(ADDRESS, {"text": TEXT, "save": "1"}).status_code) == (403, 403)
    assert ADDRESS not in eve.get("/environments/").content.decode()
    assert not ConfigVar.objects.exists()


@pytest.mark.parametrize("sent", [{"text": TEXT}, {"file": SimpleUploadedFile("vars.yaml", TEXT.encode())}])
def test_first_what_would_change_then_the_changes(client: Client, sent: dict[str, object]) -> None:
    assert ADDRESS in client.get("/environments/").content.decode()
    assert client.get(ADDRESS).status_code == 200
    page = client.post(ADDRESS, {**sent, "preview": "1"}).content.decode()
    assert "demo-api/API_TOKEN: added; format" in page
    assert "1 change in demo" in page
    assert "name: API_TOKEN" in page, "the text to be sent again"
    assert not ConfigVar.objects.exists()
    answer = client.post(ADDRESS, {"text": TEXT, "save": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/environments/")
    assert ConfigVar.objects.get().format_rule == "dsn"
    assert "Nothing to change in demo" in client.post(ADDRESS, {"text": TEXT, "preview": "1"}).content.decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("dsn", "dns"), "Line 6: apps.demo-api[0].format: "),
        (TEXT + "      formt: dsn\n", "Line 7: apps.demo-api[0].formt: no such key"),
        (TEXT + "  - [", "Line 7: "),
        (TEXT + "      format: dsn\n", "Line 7: format stands there twice"),
        (TEXT.replace("demo-api", "other"), "Apps: demo has no other; known: demo-api."),
        (TEXT + 'flags:\n  - name: A\n    description: "\\0"\n', "Flags[0].description: contains a NUL"),
        (TEXT + 'flags:\n  - name: A\n    description: "\\ud800"\n', "half of a surrogate pair"),
        (f"schema: {'9' * 5000}\nsystem: demo\n", "cannot be read as what it looks like"),
        (f"schema: 0x{'9' * 5000}\nsystem: demo\n", "Line 1: schema: "),
        ("- a\n", "Line 1: the file: "),
        (" ", "Choose a file or paste its text."),
    ],
)
@pytest.mark.parametrize("button", ["preview", "save"])
def test_what_is_wrong_is_told_with_its_line(client: Client, text: str, message: str, button: str) -> None:
    answer = client.post(ADDRESS, {"text": text, button: "1"})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not ConfigVar.objects.exists()


def test_what_is_no_text_is_refused(client: Client) -> None:
    file = SimpleUploadedFile("vars.yaml", b"\xff\xfe\x00")
    assert "not text in UTF-8" in client.post(ADDRESS, {"file": file, "preview": "1"}).content.decode()


def test_a_name_that_is_not_shown_as_written_is_refused(client: Client) -> None:
    answer = client.post(ADDRESS, {"file": SimpleUploadedFile("x\0.yaml", TEXT.encode()), "save": "1"})
    assert answer.status_code == 422
    assert "x\\ufffd.yaml has characters in its name that cannot be shown" in answer.content.decode()
    assert not ConfigVar.objects.exists()
