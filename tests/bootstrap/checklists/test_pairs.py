"""Atomic pairs: both or none, in one act, whichever was asked for."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from bootstrap.checklists.queries import item_progress_by_run
from bootstrap.checklists.refusals import Blocked, EvidenceMissing, SecondPersonNeeded
from bootstrap.checklists.signing.sign import mark_not_applicable, sign, take_back
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.people import signer

pytestmark = pytest.mark.django_db
TOGETHER = ItemDependency.Kind.TOGETHER


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    proxy = builders.item(run, "proxy-removed")
    flag = builders.item(run, "FLAG_AUTH", flag="FLAG_AUTH")
    ItemDependency.objects.create(item=flag, needs_item=proxy, kind=TOGETHER)
    return run


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada")


def item(key: str) -> Item:
    return Item.objects.get(key=key)


def acts() -> list[tuple[str, str]]:
    return list(SignOff.objects.order_by("pk").values_list("item__key", "act"))


@pytest.mark.parametrize(("asked", "other"), [("proxy-removed", "FLAG_AUTH"), ("FLAG_AUTH", "proxy-removed")])
def test_one_act_signs_both_and_one_takes_both_back(run: Run, ada: User, asked: str, other: str) -> None:
    assert sign(ActRequest(run, item(asked), ada, NOON, seen=0, note="at once")).item == item(asked)
    assert acts() == [(asked, "done"), (other, "done")]
    assert set(SignOff.objects.values_list("note", flat=True)) == {"at once"}
    take_back(ActRequest(run, item(other), ada, NOON, seen=1))
    assert acts()[2:] == [(other, "undone"), (asked, "undone")]
    assert verify_audit().findings == ()


def test_both_are_not_applicable_together(run: Run, ada: User) -> None:
    mark_not_applicable(ActRequest(run, item("FLAG_AUTH"), ada, NOON, note="no proxy here"))
    assert {act for _, act in acts()} == {"not_applicable"}
    assert len(acts()) == 2


def test_what_one_waits_for_both_wait_for(run: Run, ada: User) -> None:
    token = builders.item(run, "TOKEN")
    ItemDependency.objects.create(item=item("FLAG_AUTH"), needs_item=token)
    found = item_progress_by_run([run], NOON)[run.pk]
    assert found[item("proxy-removed").pk].waits_for == found[item("FLAG_AUTH").pk].waits_for == (token.pk,)
    with pytest.raises(Blocked, match="proxy-removed waits for TOKEN"):
        sign(ActRequest(run, item("proxy-removed"), ada, NOON))
    assert acts() == []


def test_evidence_and_two_people_where_one_of_them_asks(run: Run, ada: User) -> None:
    ItemDependency.objects.create(
        item=builders.item(run, "two", two_person=True, evidence_required=True),
        needs_item=builders.item(run, "one"),
        kind=TOGETHER,
    )
    with pytest.raises(EvidenceMissing):
        sign(ActRequest(run, item("one"), ada, NOON))
    sign(ActRequest(run, item("one"), ada, NOON, note="seen"))
    assert acts() == [("one", "signed"), ("two", "signed")]
    with pytest.raises(SecondPersonNeeded):
        sign(ActRequest(run, item("two"), ada, NOON, note="seen"))
    sign(ActRequest(run, item("two"), User.objects.create_superuser("bob"), NOON, note="seen"))
    assert acts()[2:] == [("two", "done"), ("one", "done")]


def test_one_that_was_done_before_keeps_its_act(run: Run, ada: User) -> None:
    builders.act(run, item("proxy-removed"), by="bob")
    sign(ActRequest(run, item("FLAG_AUTH"), ada, NOON))
    assert acts() == [("proxy-removed", "done"), ("FLAG_AUTH", "done")]


def test_a_script_names_both(run: Run, ada: User) -> None:
    with pytest.raises(CommandError, match="FLAG_AUTH belongs with proxy-removed: sign them together"):
        call_command("sign", "demo/prod", "FLAG_AUTH", by="ada")
    assert acts() == []
    call_command("sign", "demo/prod", "FLAG_AUTH", "proxy-removed", by="ada")
    assert len(acts()) == 2


def test_on_the_page_in_print_and_in_markdown(run: Run) -> None:
    client = signer()
    page = client.get(run.get_absolute_url()).content.decode()
    assert page.count("Sign both") == 2
    assert "together with proxy-removed" in client.get(f"{run.get_absolute_url()}print/").content.decode()
    assert "together with proxy-removed" in client.get(f"{run.get_absolute_url()}export.md").content.decode()
    address = f"{run.get_absolute_url()}items/{item('FLAG_AUTH').pk}/"
    page = client.post(f"{address}sign/", {"seen": 0}, follow=True).content.decode()
    assert "FLAG_AUTH and proxy-removed signed by ada" in page
    assert len(acts()) == 2
