"""The page of a run swaps only its parts: whatever a poll may bring stands in one."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Permission

from bootstrap.checklists.models import Item, Run, RunPlan
from bootstrap.importer.store.import_text import store
from bootstrap.importer.text_to_runbook import read_text
from bootstrap.systems.models import System
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.bootstrap import builders
from tests.bootstrap.long_runbook import long_runbook
from tests.bootstrap.people import client_of, signer

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
VOID = {"input", "br", "img", "meta", "link", "use", "hr", "path"}


class Frame(HTMLParser):
    """What stands outside of the parts of a page, and the ids of the parts, without tokens and stamps."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.parts: list[str] = []
        self._depth = 0  # elements between here and the outermost part; 0 outside
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._depth == 0 and "data-part" not in given:
            kept = {name: value for name, value in given.items() if name not in ("value", "data-fragment")}
            self.seen.append(f"<{tag} {kept}>")
        if "data-part" in given:
            self.parts.append(given["id"] or "")
        if tag not in VOID and (self._depth or "data-part" in given):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag not in VOID:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth == 0 and data.strip():
            self.seen.append(" ".join(data.split()))


@pytest.fixture
def run() -> Run:
    text = long_runbook()
    environment = builders.environment("staging", "magpie")
    version = store(read_text(text), text, "magpie", builders.person()).checklist_versions[0]
    return Run.objects.create(version=version, checklist=version.checklist, environment=environment)


def test_what_acts_plans_and_platforms_change_stands_in_parts(run: Run) -> None:
    client = signer("carol")

    def page() -> str:
        return client.get(run.get_absolute_url(), headers=HTMX).content.decode().partition('<div id="messages"')[0]

    before = page()
    frame = Frame(before)
    assert len(frame.parts) == len(set(frame.parts))
    assert "DATABASE_POOL" in before, "a variable that no item is about has its command in the section"
    item = Item.objects.get(key="step-8-of-mail")
    builders.act(run, item, by="bob")
    now = clock.now()
    for planned in (None, item):
        RunPlan.objects.create(
            run=run, item=planned, due_on=now.date() + timedelta(days=3), set_by_name="bob", set_at=now
        )
    System.objects.filter(slug="magpie").update(set_with="kubectl_secret")
    after = page()
    assert "kubectl" in after
    assert "kubectl" not in before
    assert Frame(after).seen == frame.seen
    assert Frame(after).parts == frame.parts


def test_a_right_that_was_given_appears_with_the_next_poll(run: Run) -> None:
    client = client_of("eve")
    first = client.get(run.get_absolute_url(), headers=HTMX)
    assert "Edit items" not in first.content.decode()
    User.objects.get(username="eve").user_permissions.add(Permission.objects.get(codename="add_runbookversion"))
    polled = client.get(run.get_absolute_url(), headers={**HTMX, "X-Fragment-Seen": first["X-Fragment"]})
    assert polled.status_code == 200
    assert "Edit items" in polled.content.decode()
