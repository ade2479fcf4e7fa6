"""Action items: added, changed, finished, dropped with a reason, opened again; nobody overwrites another unseen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from detections.incidents.action_models import ActionItem
from detections.incidents.action_text import in_markdown
from detections.incidents.actions import acts
from detections.incidents.actions.acts import ActionConflict
from detections.incidents.actions.draft import ActionDraft
from detections.incidents.models import Incident
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.accounts.models import Owner
from tests.at_once import race
from tests.detections.alerts.factories import MINUTE, START
from tests.detections.incidents.factories import make_incident, make_user

pytestmark = pytest.mark.django_db
NOW = START + MINUTE
ADA: dict[str, Any] = {"by": None, "actor": "ada"}
BOB: dict[str, Any] = {"by": None, "actor": "bob"}


def add(text: str = "Alert on the age", **more: str) -> ActionItem:
    return acts.add(make_incident().pk, ActionDraft(text, **more), NOW, **ADA)


def said(item: ActionItem) -> list[str]:
    lines = item.incident.timeline.filter(text__startswith="Action item").order_by("pk")
    return list(lines.values_list("text", flat=True))


def test_a_life_of_an_item() -> None:
    Owner.objects.create(name="sre-agent")
    item = add("Alert on\nthe age", owner="sre-agent", due="2026-06-20", link="https://git.example/12")
    assert (item.text, str(item.owner), item.due, item.link) == (
        "Alert on the age",
        "sre-agent",
        date(2026, 6, 20),
        "https://git.example/12",
    )
    eve = make_user("eve")
    acts.edit(item.pk, ActionDraft("Alert on its age", due="2026-06-21"), NOW, seen=0, **ADA)
    acts.finish(item.pk, NOW, by=eve, actor="eve", seen=1)
    item.refresh_from_db()
    assert (item.status, item.ended_at, item.ended_by, item.ended_by_name) == ("done", NOW, eve, "eve")
    acts.reopen(item.pk, NOW, seen=2, **ADA)
    acts.drop(item.pk, " too\ndear ", NOW, seen=3, **ADA)
    item.refresh_from_db()
    assert (item.status, item.why, item.ended_by_name, item.revision) == ("dropped", "too dear", "ada", 4)
    assert said(item) == [
        "Action item added: Alert on the age (owner sre-agent, due 2026-06-20)",
        "Action item changed: Alert on its age (due 2026-06-21)",
        "Action item done: Alert on its age",
        "Action item open again: Alert on its age",
        "Action item dropped: Alert on its age (too dear)",
    ]
    line = item.incident.timeline.filter(text__startswith="Action item done").get()
    assert (line.actor, line.actor_name, line.important) == (eve, "eve", False)
    assert line.url == f"/incidents/{item.incident_id}/#action-{item.pk}"


def test_the_incident_keeps_its_revision() -> None:
    incident = make_incident()
    acts.add(incident.pk, ActionDraft("a"), NOW, **ADA)
    revision = incident.revision
    incident.refresh_from_db()
    assert incident.revision == revision


def test_the_same_again_changes_nothing() -> None:
    item = add()
    acts.edit(item.pk, ActionDraft("Alert on the age"), NOW, seen=99, **ADA)
    acts.reopen(item.pk, NOW, seen=99, **ADA)
    acts.finish(item.pk, NOW, seen=0, **ADA)
    acts.finish(item.pk, NOW, seen=0, **BOB)
    item.refresh_from_db()
    assert (item.revision, item.ended_by_name) == (1, "ada")
    assert len(said(item)) == 2


def test_who_is_second_is_told() -> None:
    item = add()
    acts.edit(item.pk, ActionDraft("Other"), NOW, seen=0, **ADA)
    with pytest.raises(ActionConflict, match="It changed since you saw it"):
        acts.edit(item.pk, ActionDraft("Third"), NOW, seen=0, **BOB)
    acts.finish(item.pk, NOW, seen=1, **ADA)
    for act in (
        lambda: acts.drop(item.pk, "too dear", NOW, seen=1, **BOB),
        lambda: acts.edit(item.pk, ActionDraft("Third"), NOW, seen=2, **BOB),
    ):
        with pytest.raises(ActionConflict, match="ada finished it; open it again first"):
            act()
    item.refresh_from_db()
    assert (item.text, item.status) == ("Other", "done")


def test_a_person_becomes_an_owner() -> None:
    eve = make_user("eve")
    owner = add(owner="eve").owner
    assert owner is not None
    assert owner.user == eve


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"text": " "}, "text: say what is to be done"),
        ({"text": "x" * 501}, "text: at most 500 characters; it has 501"),
        ({"text": "a\0b"}, "text: without NUL"),
        ({"owner": "nobody-of-us"}, "owner: nobody is called “nobody-of-us”"),
        ({"owner": "x" * 161}, "owner: at most 160"),
        ({"due": "tomorrow"}, "due: a date as 2026-06-20"),
        ({"due": "20260620"}, "due: a date as 2026-06-20"),
        ({"due": "2026-02-30"}, "due: a date as 2026-06-20"),
        ({"due": "0001-01-01"}, "due: a date as 2026-06-20, of the years 2000 to 2199"),
        ({"link": "PR 12"}, "link: a web address"),
        ({"link": "javascript:alert(1)"}, "link: a web address"),
        ({"link": "ftp://git.example/"}, "link: a web address"),
        ({"link": f"https://git.example/{'x' * 500}"}, "link: at most 500"),
        ({"link": "https://ada:hunter2hunter2@git.example/12"}, "link: without a password"),
        ({"link": "https://git.example/\0"}, "link: a web address"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(words: dict[str, str], problem: str) -> None:
    incident = make_incident()
    with pytest.raises(IncidentInputError, match=f"^{problem}"):
        acts.add(incident.pk, ActionDraft(**{"text": "a", **words}), NOW, **ADA)
    assert not incident.actions.exists()


def test_dropping_needs_a_reason() -> None:
    item = add()
    with pytest.raises(IncidentInputError, match=r"^why: say why"):
        acts.drop(item.pk, " ", NOW, **ADA)
    with pytest.raises(IncidentInputError, match=r"^why: at most 300"):
        acts.drop(item.pk, "x" * 301, NOW, **ADA)


def test_an_incident_has_not_endlessly_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "MOST", 1)
    item = add()
    with pytest.raises(IncidentInputError, match=r"^text: an incident has at most"):
        acts.add(item.incident_id, ActionDraft("b"), NOW, **ADA)


def test_to_one_that_was_closed_meanwhile_those_add_who_may() -> None:
    item, eve = add(), make_user("eve")
    Incident.objects.update(status="closed", closed_at=NOW, resolved_at=NOW)
    with pytest.raises(IncidentConflict, match="is closed, and you may not change closed incidents"):
        acts.add(item.incident_id, ActionDraft("Late"), NOW, by=eve, actor="eve")
    assert ActionItem.objects.get() == item
    assert acts.finish(item.pk, NOW, by=eve, actor="eve").status == "done", "what is left to do is done after closing"


def test_what_is_not_there() -> None:
    with pytest.raises(Incident.DoesNotExist):
        acts.add(10**9, ActionDraft("a"), NOW, **ADA)
    with pytest.raises(ActionItem.DoesNotExist):
        acts.finish(10**9, NOW, **ADA)


def test_in_markdown() -> None:
    owner = Owner(name="sre_agent")
    item = ActionItem(text="Alert on [age]", owner=owner, due=date(2026, 6, 20), link="https://git.example/1")
    assert in_markdown(item, date(2026, 6, 20)) == (
        "[ ] Alert on \\[age\\] (owner sre_agent, due 2026-06-20), <https://git.example/1>"
    )
    assert "due 2026-06-20, overdue" in in_markdown(item, date(2026, 6, 21))
    item.status, item.ended_at, item.ended_by_name = "done", NOW, "ada"
    assert in_markdown(item, date(2026, 6, 21)).startswith(
        "[x] Alert on \\[age\\] (owner sre_agent, done 2026-06-12 by ada)"
    )
    item.status, item.why, item.link = "dropped", "too dear", ""
    assert in_markdown(item, date(2026, 6, 21)) == (
        "[ ] ~~Alert on \\[age\\]~~ (owner sre_agent, dropped 2026-06-12 by ada: too dear)"
    )


@pytest.mark.django_db(transaction=True)
def test_of_people_at_once_one_ends_it() -> None:
    item = add()

    def act(number: int) -> object:
        who: dict[str, Any] = {"by": None, "actor": f"person {number}"}
        if number % 2:
            return acts.finish(item.pk, NOW, seen=0, **who)
        return acts.drop(item.pk, f"reason {number}", NOW, seen=0, **who)

    results = race(act)
    item.refresh_from_db()
    assert item.revision == 1
    assert sum(isinstance(each, ActionConflict) for each in results) >= 2
    assert len(said(item)) == 2
