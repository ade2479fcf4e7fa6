"""The pages of owners and due dates: set for one, a section or many, shown on the run, in lists, print and export."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Run, RunPlan, SignOff
from opsconsole.accounts.models import Owner, User
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    for key, section in (("A", "core"), ("B", "core"), ("C", "mail")):
        builders.item(run, key, section=section)
    return run


@pytest.fixture
def ada() -> Client:
    return client_of("ada", "change_run", "add_run")


def item(key: str) -> Item:
    return Item.objects.get(key=key)


def soon(days: int = 3) -> str:
    return str(clock.now().date() + days * DAY)


def plan(run: Run, key: str | None, owner: str = "", days: int = 3) -> RunPlan:
    """Set directly, also in the past."""
    named = Owner.objects.get_or_create(name=owner)[0] if owner else None
    return RunPlan.objects.create(
        run=run,
        item=item(key) if key else None,
        owner=named,
        due_on=clock.now().date() + days * DAY,
        set_by_name="ada",
        set_at=clock.now(),
    )


def rows() -> dict[str | None, tuple[str | None, str]]:
    found = RunPlan.objects.select_related("item", "owner")
    return {
        each.item.key if each.item else None: (each.owner.name if each.owner else None, str(each.due_on))
        for each in found
    }


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_item_is_set_on_the_page_of_the_run(run: Run, ada: Client) -> None:
    address = f"{run.get_absolute_url()}items/{item('A').pk}/plan/"
    answer = ada.post(address, {"owner": "ada", "due_on": soon(), "seen": 0})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{run.get_absolute_url()}#item-A")
    assert rows() == {"A": ("ada", soon())}
    page = text(ada, run.get_absolute_url())
    assert f"due {soon()}" in page
    page = ada.post(address, {"owner": "", "seen": 0}, follow=True).content.decode()
    assert "A was not changed. ada has set it meanwhile: look at it again." in page
    assert rows() == {"A": ("ada", soon())}


def test_setting_one_leads_back_to_the_items_that_were_shown(run: Run, ada: Client) -> None:
    here = f"http://testserver{run.get_absolute_url()}?show=open"
    address = f"{run.get_absolute_url()}items/{item('A').pk}/plan/"
    answer = ada.post(address, {"owner": "ada", "seen": 0}, headers={"Referer": here})
    assert answer.headers["Location"] == f"{run.get_absolute_url()}?show=open#item-A"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"owner": "nobody-at-all"}, "Nobody is called “nobody-at-all”"),
        ({"due_on": "2020-01-01"}, "The due date has to be a day from"),
        ({"due_on": "tomorrow"}, "The due date has to be a day from"),
        ({"owner": "x" * 161}, "at most 160 characters"),
        ({"seen": "many"}, "seen: Enter a whole number"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_set(run: Run, ada: Client, sent: Any, message: str) -> None:
    page = ada.post(f"{run.get_absolute_url()}plan/run/", sent, follow=True).content.decode()
    assert message in page
    assert rows() == {}


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        ({"owner": "nobody-at-all", "due_on": "2031-05-06", "seen": 0}, 422, "Nobody is called “nobody-at-all”"),
        ({"owner": "bea", "due_on": "2020-05-06"}, 422, "The due date has to be a day from"),
        ({"owner": "bea", "due_on": "2031-05-06", "seen": "many"}, 422, "seen: Enter a whole number"),
        ({"owner": "bea", "due_on": "2031-05-06", "seen": 7}, 409, "meanwhile"),
    ],
)
def test_a_refusal_opens_the_form_of_the_item_again_with_what_was_typed(
    run: Run, ada: Client, sent: Any, status: int, message: str
) -> None:
    plan(run, "A", "ada")
    client_of("bea")
    wanted = item("A").pk
    answer = ada.post(f"{run.get_absolute_url()}items/{wanted}/plan/", sent)
    page = " ".join(answer.content.decode().split())
    assert (answer.status_code, message in page) == (status, True)
    assert f'id="plan-{wanted}" open>' in page
    assert f'value="{sent["owner"]}"' in page
    assert f'value="{sent["due_on"]}"' in page
    assert rows() == {"A": ("ada", soon())}


def test_the_reasons_of_other_acts_are_kept_in_the_form_that_was_sent(run: Run, ada: Client) -> None:
    wanted, signer = item("A").pk, client_of("bea", "add_signoff")
    for act, form in (("waive", "waive"), ("not-applicable", "leave")):
        sent = {"seen": 4, "note": f"because of {act}", "review_by": ""}
        page = " ".join(signer.post(f"{run.get_absolute_url()}items/{wanted}/{act}/", sent).content.decode().split())
        assert re.search(rf'id="{form}-{wanted}" open *>', page)
        assert page.count(f'value="because of {act}"') == 2, "both forms for a reason have it, one is open"
        assert len(re.findall(rf'id="(?:waive|leave|plan)-{wanted}" open', page)) == 1


def test_a_section_some_items_and_the_whole_are_set_together(run: Run, ada: Client) -> None:
    address, section = f"{run.get_absolute_url()}plan/", item("A").section_id
    sent = {"owner": "ada", "due_on": soon(), "section": section, "run": "1"}
    page = ada.post(address, sent, follow=True).content.decode()
    assert "3 owners or due dates set." in page
    assert rows() == dict.fromkeys(("A", "B", None), ("ada", soon()))
    ada.post(address, {"no_due": "on", "item": [item("A").pk, item("C").pk]})
    assert rows()["A"] == ("ada", "None")
    assert "C" not in rows()


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"owner": "ada"}, "Nothing was chosen"),
        ({"run": "1"}, "Nothing was given"),
        ({"run": "1", "owner": "ada", "no_owner": "on"}, "Either give one or remove it"),
        ({"run": "1", "due_on": "soon"}, "The due date has to be"),
        ({"item": "99999999999999999999", "owner": "ada"}, "Nothing was chosen"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_ticked(run: Run, ada: Client, sent: Any, message: str) -> None:
    answer = ada.post(f"{run.get_absolute_url()}plan/", {**sent, "section": "x"})
    page = answer.content.decode()
    assert (answer.status_code, message in page) == (422, True)
    assert ('name="run" value="1" checked' in " ".join(page.split())) is ("run" in sent)
    assert rows() == {}


def test_a_start_may_have_an_owner_and_a_due_date(run: Run, ada: Client) -> None:
    Run.objects.update(closed_at=clock.now())
    sent = {"version": run.version_id, "environment": run.environment_id, "owner": "ada", "due_on": "2001-01-01"}
    answer = ada.post("/checklists/start/", sent)
    assert (answer.status_code, Run.objects.count()) == (422, 1), "no run without the date that was asked for"
    assert "The due date has to be" in answer.content.decode()
    assert ada.post("/checklists/start/", {**sent, "due_on": soon()}).status_code == 303
    assert rows() == {None: ("ada", soon())}


def test_the_run_says_what_is_overdue_and_print_and_export_carry_it(run: Run, ada: Client) -> None:
    plan(run, None, "sre", days=2)
    plan(run, "A", "ada", days=-1)
    yesterday = str(clock.now().date() - DAY)
    page = text(ada, run.get_absolute_url())
    assert "Overdue:" in page
    assert f"was due {yesterday}" in page
    assert f"owner ada, overdue: was due {yesterday}" in text(ada, f"{run.get_absolute_url()}print/")
    exported = text(ada, f"{run.get_absolute_url()}export.md")
    assert f"Checklist: owner sre, due {clock.now().date() + 2 * DAY} (UTC)." in exported
    assert f"  - owner ada, overdue: was due {yesterday}" in exported
    builders.act(run, item("A"))
    assert "Overdue:" not in text(ada, run.get_absolute_url())


def test_a_poll_sees_that_an_owner_was_set(run: Run, ada: Client) -> None:
    shown = ada.get(run.get_absolute_url(), headers={"HX-Request": "true"})
    stamp = shown.content.decode().split('data-fragment="')[1].split('"')[0]
    headers = {"HX-Request": "true", "X-Fragment": stamp}
    plan(run, "A", "ada")
    assert ada.get(run.get_absolute_url(), headers=headers).status_code == 200


def another(slug: str) -> Run:
    system = Run.objects.all()[0].environment.system
    checklist = Checklist.objects.create(slug=slug, title=slug, system=system)
    version = ChecklistVersion.objects.create(checklist=checklist, number=1, content_hash="0" * 64)
    return Run.objects.create(version=version, checklist=checklist, environment=system.environments.get())


def test_the_list_of_runs_has_overdue_ones_first_and_filters_by_owner(run: Run, ada: Client) -> None:
    for slug in ("aaa", "bbb"):
        another(slug)
    plan(run, "A", days=-1)
    mine = Owner.objects.create(name="mine", user=User.objects.get(username="ada"))
    RunPlan.objects.create(
        run=Run.objects.get(checklist__slug="bbb"), owner=mine, set_by_name="ada", set_at=clock.now()
    )

    def shown(query: str) -> list[str]:
        return [row.run.version.checklist.slug for row in ada.get(f"/checklists/{query}").context["rows"]]

    assert shown("")[0] == "setup"
    assert "1 item overdue" in text(ada, "/checklists/")
    assert shown("?overdue=1") == ["setup"]
    assert shown("?mine=1") == shown("?owner=mine") == ["bbb"]
    assert shown("?owner=someone") == []


def test_my_items_are_those_of_mine_and_of_my_groups_that_are_open(run: Run, ada: Client) -> None:
    user, group = User.objects.get(username="ada"), Group.objects.create(name="sre")
    user.groups.add(group)
    Owner.objects.create(name="me", user=user)
    Owner.objects.create(name="sre", group=group)
    plan(run, "A", "me", days=-2)
    plan(run, "B", "sre")
    plan(run, "C", "somebody", days=1)

    def shown(query: str) -> list[str]:
        return [row.plan.item.key for row in ada.get(f"/checklists/items/{query}").context["rows"]]

    assert (shown(""), shown("?mine=1"), shown("?overdue=1")) == (["A", "C", "B"], ["A", "B"], ["A"])
    assert (shown("?owner=somebody"), shown("?q=c"), shown("?q=moon")) == (["C"], shown("?q=c"), [])
    builders.act(run, item("A"), SignOff.Act.DONE)
    assert shown("?mine=1") == ["B"]
    Run.objects.update(closed_at=clock.now())
    assert shown("") == []
    assert "Open a checklist and choose" in text(ada, "/checklists/items/")


def test_an_item_without_an_owner_is_among_those_of_its_runs_owner(run: Run, ada: Client) -> None:
    Owner.objects.create(name="me", user=User.objects.get(username="ada"))
    plan(run, None, "me")
    plan(run, "A", days=1)
    plan(run, "B", "somebody")
    for query in ("?mine=1", "?owner=me"):
        rows = ada.get(f"/checklists/items/{query}").context["rows"]
        assert [(row.plan.item.key, row.view.owner) for row in rows] == [("A", "me")]


@pytest.mark.parametrize("address", ["/checklists/", "/checklists/items/"])
def test_lists_ask_the_same_number_of_questions_of_many_rows(
    run: Run, ada: Client, address: str, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    more = another("more")  # with one checklist only, the form to start one goes on to its second step
    plan(run, "A", "ada", days=-1)
    another("other")  # the list's form to start goes on to the environment where there is one checklist only
    ada.get(address)
    with django_assert_max_num_queries(40) as counted:
        ada.get(address)
    plan(run, "B", "bob", days=-1)
    plan(run, "C", "eve", days=1)
    plan(more, None, "eve", days=-1)
    with django_assert_num_queries(len(counted)):
        ada.get(address)


def test_who_may_not_change_runs_sees_and_does_not_set(run: Run) -> None:
    eve = client_of("eve")
    plan(run, "A", "ada")
    assert f"{run.get_absolute_url()}plan/" not in text(eve, run.get_absolute_url())
    for address in ("plan/", "plan/run/", f"items/{item('A').pk}/plan/"):
        assert eve.post(f"{run.get_absolute_url()}{address}", {"owner": "eve"}).status_code == 403


def test_many_overdue_items_are_found_by_the_filter_and_only_the_first_stand_at_the_top(run: Run, ada: Client) -> None:
    for number in range(6):
        builders.item(run, f"D{number}")
        plan(run, f"D{number}", days=-1)
    page = text(ada, f"{run.get_absolute_url()}?show=overdue")
    head = page.partition('id="run-notes"')[2].partition('class="run-bar"')[0]
    assert [f'href="#item-D{number}"' in head for number in range(6)] == [True] * 5 + [False]
    assert f'<a href="{run.get_absolute_url()}?show=overdue">all 6 overdue items</a>' in head
    assert page.count("data-overdue") == 6
    assert page.count("data-off") == 3, "A, B and C are not due"
