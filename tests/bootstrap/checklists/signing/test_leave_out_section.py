"""A section that an environment does not use is left out in one act, with one reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import Item, ItemDependency, Run, Section
from bootstrap.checklists.queries import item_progress_by_run
from bootstrap.checklists.refusals import NothingToLeaveOut, ReasonMissing, RunClosed, SecretFound
from bootstrap.checklists.signing.leave_out_section import leave_out_section
from bootstrap.checklists.signing.sign import sign, waive
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    person = builders.person("ada")
    person.user_permissions.add(Permission.objects.get(codename="add_signoff"))
    return User.objects.get(pk=person.pk)


@pytest.fixture
def run() -> Run:
    """Four items: done, open, and a pair."""
    run = builders.run(builders.environment())
    items = [builders.item(run, key) for key in ("DONE", "OPEN", "HALF", "OTHER-HALF")]
    ItemDependency.objects.create(item=items[2], needs_item=items[3], kind="together")
    return run


def section(run: Run) -> Section:
    return run.version.sections.get()


def states(run: Run) -> dict[str, str]:
    found = item_progress_by_run([run], NOON)[run.pk]
    return {item.key: found[item.pk].state.value for item in Item.objects.filter(section__version=run.version)}


def test_all_but_what_is_done(run: Run, ada: User) -> None:
    sign(ActRequest(run, Item.objects.get(key="DONE"), ada, NOON))
    marked = leave_out_section(run, section(run), ada, NOON, "no broker here")
    assert [item.key for item in marked] == ["OPEN", "HALF"]
    assert states(run) == {"DONE": "done", **dict.fromkeys(("OPEN", "HALF", "OTHER-HALF"), "not_applicable")}
    assert set(run.sign_offs.filter(act="not_applicable").values_list("note", flat=True)) == {"no broker here"}
    assert verify_audit().findings == ()
    with pytest.raises(NothingToLeaveOut, match="every item is done or left out already"):
        leave_out_section(run, section(run), ada, NOON, "no broker here")


@pytest.mark.parametrize(
    ("note", "refusal"), [("  ", ReasonMissing), ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", SecretFound)]
)
def test_a_refusal_leaves_nothing_out(run: Run, ada: User, note: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        leave_out_section(run, section(run), ada, NOON, note)
    assert not run.sign_offs.exists()


def test_neither_others_nor_closed_runs(run: Run, ada: User) -> None:
    with pytest.raises(PermissionDenied):
        leave_out_section(run, section(run), builders.person("eve"), NOON, "no broker here")
    Run.objects.filter(pk=run.pk).update(closed_at=NOON)
    with pytest.raises(RunClosed):
        leave_out_section(run, section(run), ada, NOON, "no broker here")


def test_on_the_page(run: Run) -> None:
    client = client_of("dan", "add_signoff")
    address = f"{run.get_absolute_url()}sections/{section(run).pk}/not-applicable/"
    assert address in client.get(run.get_absolute_url()).content.decode()
    assert "Say why" in client.post(address, {"note": ""}, follow=True).content.decode()
    long = "no broker here " * 200
    refused = client.post(address, {"note": long})
    assert (refused.status_code, f'value="{long}"' in refused.content.decode()) == (422, True), "it keeps the reason"
    page = client.post(address, {"note": "no broker here"}, follow=True).content.decode()
    assert "Core: 3 items marked as not applicable." in page
    assert address not in page
    assert client_of("eve").post(address, {"note": "x"}).status_code == 403
    assert client.post(address.replace("sections/", "sections/9"), {"note": "x"}).status_code == 404


def test_a_waiver_stays_a_waiver(run: Run, ada: User) -> None:
    item = Item.objects.get(key="OPEN")
    waive(ActRequest(run, item, ada, NOON, note="next week", review_by=NOON.date() + timedelta(days=7)))
    leave_out_section(run, section(run), ada, NOON, "no broker here")
    assert states(run)["OPEN"] == "waived"
