"""Files as evidence: what may be kept, how it is served, and that nobody changes it unnoticed."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import EvidenceFile, Item, ItemDependency, Run, SignOff
from bootstrap.checklists.refusals import LinkWrong
from bootstrap.checklists.signing.sign import sign as sign_item
from tests.bootstrap import builders
from tests.bootstrap.checklists.audit.test_verify import past_the_triggers
from tests.bootstrap.people import client_of, signer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def run(db: None) -> Run:
    run = builders.run(builders.environment())
    builders.item(run, "restore", evidence_required=True)
    return run


def sign(client: Client, run: Run, content: bytes, name: str = "proof.png", **sent: object) -> HttpResponse:
    address = f"{run.get_absolute_url()}items/{Item.objects.get(key='restore').pk}/sign/"
    return client.post(address, {"seen": 0, "file": SimpleUploadedFile(name, content), **sent})


@pytest.mark.parametrize("name", ["\u202egnp.exe", "a\0.png", "a\x1b.png"])
def test_a_name_that_is_not_shown_as_written_is_no_evidence(run: Run, name: str) -> None:
    """Django's own parser would remove the characters and say nothing."""
    answer = sign(signer(), run, PNG, name)
    assert (answer.status_code, "in its name" in answer.content.decode()) == (422, True)
    assert not SignOff.objects.exists()


def test_a_file_is_evidence_hashed_with_the_act_and_served_to_be_saved(run: Run) -> None:
    client = signer()
    assert sign(client, run, PNG).status_code == 303
    kept = EvidenceFile.objects.get()
    named = {"id": kept.pk, "name": "proof.png", "size": len(PNG), "sha256": hashlib.sha256(PNG).hexdigest()}
    assert SignOff.objects.get().evidence == {"file": named}
    assert verify_audit().findings == ()
    page = client.get(run.get_absolute_url()).content.decode()
    assert f'href="{kept.get_absolute_url()}"' in page
    assert "proof.png" in client.get(f"{run.get_absolute_url()}export.md").content.decode()
    answer = client_of("eve").get(kept.get_absolute_url())
    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="proof.png"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_file_kept_under_a_misleading_name_is_served_under_another(run: Run) -> None:
    """Rows from before names were checked cannot be changed."""
    kept = builders.file(run, Item.objects.get(), b"<html>", "a.html")
    builders.act(run, Item.objects.get(), evidence={"file": {"id": kept.pk, "name": kept.name}})
    answer = client_of("eve").get(kept.get_absolute_url())
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("link", "anchor"),
    [
        ("https://ci.example/1", True),
        ("javascript:alert(1)", False),
        ("JaVa\tScRiPt:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//evil.example", False),
        ("https://ok.example/\u202egnp", False),
    ],
)
def test_a_link_that_reached_the_table_is_a_link_only_to_the_web(run: Run, link: str, anchor: bool) -> None:
    item = Item.objects.get()
    builders.act(run, item, evidence={"link": link}, note="n")
    client = signer("eve")
    for address in (run.get_absolute_url(), f"{run.get_absolute_url()}items/{item.pk}/"):
        page = client.get(address).content.decode()
        assert (f'href="{link}"' in page) is anchor
        assert "javascript:" not in page.partition("(evidence: ")[0].lower()
        assert ("(evidence: " in page) is not anchor


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http:x"])
def test_links_to_anything_else_are_refused(run: Run, link: str) -> None:
    signer("eve")
    request = ActRequest(run, Item.objects.get(), builders.person("eve"), builders.NOON, 0, evidence={"link": link})
    with pytest.raises(LinkWrong, match="begins with https:// or http://"):
        sign_item(request)
    assert not SignOff.objects.exists()


def test_who_does_not_get_it(run: Run) -> None:
    sign(signer(), run, PNG)
    kept = EvidenceFile.objects.get()
    assert Client().get(kept.get_absolute_url()).headers["Location"].startswith("/accounts/login/")
    other = builders.run(builders.environment("staging"), slug="other")
    assert signer("bob").get(f"{other.get_absolute_url()}files/{kept.pk}/").status_code == 404
    unnamed = builders.file(run, Item.objects.get())
    assert signer("dan").get(unnamed.get_absolute_url()).status_code == 404


def test_refused_files_leave_nothing_behind(run: Run, settings: Settings) -> None:
    settings.EVIDENCE_MAX_FILE = 20_000
    client = signer()
    for content, status, message in [
        (b"<svg/>", 422, "of a kind that is not kept"),
        (b"", 422, "file is empty"),
        (b"x" * 20_001, 422, "larger than 0.0191 MB"),
        (b"x" * 400_000, 413, "The file is larger than 0.0191 MB"),
    ]:
        answer = sign(client, run, content, note="typed")
        assert (answer.status_code, message in answer.content.decode()) == (status, True), message
    assert not EvidenceFile.objects.exists()
    assert not SignOff.objects.exists()
    assert sign(client_of("eve"), run, b"x" * 400_000).status_code == 413
    assert sign(client, run, b"x" * 20_000).status_code == 303


def test_a_refused_act_keeps_no_file(run: Run) -> None:
    client = signer()
    builders.act(run, Item.objects.get(), by="bob")
    assert sign(client, run, PNG).status_code == 409
    assert not EvidenceFile.objects.exists()


def test_forms_with_files_are_still_protected_from_other_sites(run: Run) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(builders.person("root"))
    assert sign(client, run, PNG).status_code == 403


def test_of_a_pair_both_acts_name_the_one_file(run: Run) -> None:
    ItemDependency.objects.create(
        item=builders.item(run, "drill"), needs_item=Item.objects.get(key="restore"), kind="together"
    )
    sign(signer(), run, PNG)
    assert len({act.evidence["file"]["id"] for act in SignOff.objects.all()}) == 1
    assert EvidenceFile.objects.count() == 1


def test_two_people_give_their_password_before_the_file(run: Run) -> None:
    item = builders.item(run, "failover", two_person=True)
    address = f"{run.get_absolute_url()}items/{item.pk}/sign/"
    answer = signer().post(address, {"seen": 0, "file": SimpleUploadedFile("a.png", PNG)})
    assert (answer.status_code, b"Give your password first" in answer.content) == (422, True)


def test_rows_cannot_be_changed_and_what_was_changed_past_that_is_found(run: Run) -> None:
    sign(signer(), run, PNG)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        EvidenceFile.objects.update(name="other.png")
    with past_the_triggers():
        EvidenceFile.objects.update(content=b"forged")
    (finding,) = verify_audit().findings
    assert "proof.png) was changed after it was given" in finding
    with past_the_triggers():
        EvidenceFile.objects.update(sha256=hashlib.sha256(b"forged").hexdigest(), size=6)
    (finding,) = verify_audit().findings
    assert "names file" in finding
