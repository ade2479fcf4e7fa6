"""What an import says is what it wrote: versions, variables, flags, policies, incidents, postures, what is left out."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.models import WaitingPosture
from bootstrap.importer.store.import_text import Wanted, store
from bootstrap.importer.store.outcome import ImportOutcome, message_of
from bootstrap.importer.store.plan import plan
from bootstrap.importer.store.write_postures import PostureState, propose_waiting
from bootstrap.importer.tasks import runbook_imports
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.runbooks.version_contents import Policy
from bootstrap.systems.models import ConfigVar, Deployment, Environment, System
from opsconsole.lib import clock
from tests.bootstrap.importer.test_cases import case
from tests.bootstrap.people import client_of

pytestmark = pytest.mark.django_db
TEXT = (
    "# Mailer\n\n## Setup checklist\n\n- [ ] `FLAG_MAIL=1` set\n\n## Settings\n\n| Var | Default |\n|---|---|\n"
    "| `MAIL_HOST` | one |\n\n## Retry policy\n\nNever twice.\n"
)
WAITS = "posture of staging (2026-11-01) is kept: there is no deployment there yet, and it is proposed once there is"


def put(text: str) -> ImportOutcome:
    return store(read_runbook(text), text, Wanted(system="ops"), None)


def said(text: str) -> str:
    return message_of(put(text))


def deploy(slug: str = "staging") -> Deployment:
    system = System.objects.get()
    place = Environment.objects.create(system=system, slug=slug, name=slug)
    return Deployment.objects.create(app=system.apps.get(), environment=place, host_name=f"ops-{slug}")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("| one |", "| two |", "no checklist changed; 1 variable changed"),
        ("| one |\n", "| one |\n| `MAIL_PORT` | 25 |\n", "no checklist changed; 1 variable added"),
        ("Never twice.", "Never thrice.", "no checklist changed; 1 policy changed"),
        ("## Retry policy\n\nNever twice.\n", "", "no checklist changed; left out of the version before: 1 policy"),
        ("Never twice.", "Never twice without FLAG_B.", "no checklist changed; 1 flag added; 1 policy changed"),
        (
            "- [ ] `FLAG_MAIL=1` set",
            "- [ ] Look",
            "Setup checklist v2; left out of the version before: 1 item",
        ),
    ],
)
def test_a_new_version_says_what_changed(old: str, new: str, expected: str) -> None:
    assert said(TEXT) == ("Stored as version 1: Setup checklist v1; 1 variable added; 1 flag added; 1 policy added.")
    assert said(TEXT.replace(old, new)).startswith(f"Stored as version 2: {expected}")


def test_an_export_and_another_layout_are_the_version_that_they_came_from() -> None:
    text = TEXT.replace("- [ ]", "*   [ ]").replace("\n\n## Settings", "\n\n\n\n## Settings")
    assert said(text).startswith("Stored as version 1")
    exported = render(read_runbook(text).blocks) + "\n"
    assert exported != text
    assert said(exported) == said(f"{exported}\n") == "This text is version 1 already."
    assert (RunbookVersion.objects.count(), Policy.objects.count()) == (1, 1)


def test_a_version_that_was_stored_without_the_hash_of_its_content_is_read_for_it() -> None:
    version = put(TEXT).version
    old = RunbookVersion(
        runbook=version.runbook, number=2, content_hash="0" * 64, source=TEXT + "\nMore.\n", summary={"lint": []}
    )
    old.save()
    assert said("\n" + TEXT + "\nMore.\n") == "This text is version 2 already."


def test_an_older_text_says_that_a_newer_one_stays() -> None:
    put(TEXT)
    put(TEXT.replace("one", "two"))
    assert said(TEXT) == "This text is version 1 already. Version 2 is newer and stays the current one."
    assert ConfigVar.objects.get().default == "two"


def test_23_a_posture_without_a_deployment_is_kept_said_and_proposed_once_there_is_one() -> None:
    text = case("23")
    assert WAITS in plan(read_runbook(text), text, Wanted(system="ops")).sentences[-1].replace("Posture", "posture")
    assert WAITS in said(text)
    assert said(text) == f"This text is version 1 already. What was done besides: {WAITS}."
    page = client_of("eve").get("/runbooks/barn-runbook/").content.decode()
    assert "Postures that wait" in page
    runbook_imports()
    assert (WaitingPosture.objects.count(), Posture.objects.count()) == (1, 0)
    deploy("prod")
    assert propose_waiting(clock.now()) == []
    deploy()
    runbook_imports()
    runbook_imports()
    posture = Posture.objects.get()
    assert (posture.guard, posture.source.number, posture.approved_at) == ("FLAG_CACHE=0", 1, None)
    assert not WaitingPosture.objects.exists()
    assert said(text) == "This text is version 1 already."


def test_23_an_import_again_proposes_what_waited_and_says_so() -> None:
    text = case("23")
    put(text)
    deploy()
    assert "is proposed and waits for a second person's approval" in said(text)
    assert (WaitingPosture.objects.count(), Posture.objects.count()) == (0, 1)


def test_a_posture_that_a_newer_text_dropped_waits_no_longer() -> None:
    text = case("23")
    put(text)
    put(text.split("Staging posture", 1)[0])
    assert not WaitingPosture.objects.exists()


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("We like it so.", PostureState.UNREADABLE),
        (
            "`REDIS_URL` is absent. `FLAG_CACHE` is off; severity: critical rather than warning.",
            PostureState.EASES_NOTHING,
        ),
    ],
)
def test_a_posture_that_cannot_be_proposed_is_kept_as_text_and_said(words: str, state: PostureState) -> None:
    text = case("23").split("Staging posture", 1)[0]
    put(text)
    deploy()
    outcome = put(f"{text}Staging posture (2026-11-01): {words}\n")
    assert [each.state for each in outcome.news.postures] == [state]
    assert state.value in message_of(outcome)
