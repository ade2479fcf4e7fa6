"""Which runbook a text is: the one of its title, a new one, or one that a person chooses."""

from __future__ import annotations

import pytest

from bootstrap.checklists.models import Checklist
from bootstrap.importer import read_runbook
from bootstrap.importer.store.destination import Undecided, WrongSlug, same_title
from bootstrap.importer.store.import_text import Wanted, store
from bootstrap.importer.store.outcome import ImportOutcome, message_of
from bootstrap.importer.store.write_runbook import load_runbook
from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import App, System

pytestmark = pytest.mark.django_db


def text_of(title: str, item: str = "Look") -> str:
    return f"# {title}\n\n- [ ] {item}\n"


def put(text: str, system: str = "ops", slug: str = "", name: str = "") -> ImportOutcome:
    wanted = Wanted(system=system, slug=slug, system_name=name)
    return store(read_runbook(text), text, wanted, None)


def slugs() -> list[str]:
    return sorted(Runbook.objects.values_list("slug", flat=True))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Runbook: disk full", "Runbook: queue stuck", ["runbook-disk-full", "runbook-queue-stuck"]),
        ("Runbook - disk", "Runbook - queue", ["runbook-disk", "runbook-queue"]),
        ("Deploy (staging)", "Deploy (prod)", ["deploy-prod", "deploy-staging"]),
        ("Deploy — v1", "Deploy — v2", ["deploy-v1", "deploy-v2"]),
        ("1. Disk", "2. Disk", ["1-disk", "2-disk"]),
    ],
)
def test_titles_that_begin_alike_are_two_runbooks_with_a_checklist_each(
    first: str, second: str, expected: list[str]
) -> None:
    put(text_of(first))
    put(text_of(second))
    assert slugs() == sorted(Checklist.objects.values_list("slug", flat=True)) == expected


def test_long_titles_with_equal_beginnings_are_two_runbooks_also_behind_the_name_of_a_system() -> None:
    long = "Why the queue of the mailer stands still and what to do about it before anybody else has to wake up "
    for system in ("ops", "a-system-whose-slug-is-as-long-as-a-slug-may-be-50"):
        put(text_of(f"{long} part one"), system)
        put(text_of(f"{long} part two"), system)
    assert len(slugs()) == 4
    assert Checklist.objects.count() == 4
    assert all(len(slug) <= 100 for slug in slugs())


def test_the_same_title_goes_on_as_the_next_version_also_under_the_short_slug_of_an_earlier_console() -> None:
    text = text_of("Runbook: disk full")
    app = App.objects.create(system=System.objects.create(slug="ops", name="Ops"), slug="ops", name="Ops")
    load_runbook(read_runbook(text), text, app, "runbook")
    Checklist.objects.update(slug="runbook")
    outcome = put(text_of("Runbook:  Disk full", "Look again"))
    assert (outcome.version.number, outcome.version.runbook.slug) == (2, "runbook")
    outcome = put(text_of("Runbook: Disk full", "Look once more"))
    assert [(str(v.checklist.slug), v.number) for v in outcome.checklist_versions] == [("runbook", 3)]


def test_a_text_of_another_title_with_the_same_slug_is_asked_about_and_stored_as_a_person_says() -> None:
    put(text_of("C setup"))
    with pytest.raises(
        Undecided, match=r"“C\+\+ setup” would become the next version of “C setup” \(c-setup\)"
    ) as asked:
        put(text_of("C++ setup"))
    place = asked.value.destination
    assert (place.slug, place.alone) == ("c-setup", "c-setup-2")
    assert put(text_of("C++ setup"), slug=place.alone).version.number == 1
    assert slugs() == ["c-setup", "c-setup-2"]
    outcome = put(text_of("C setup, new"), slug="c-setup")
    assert (outcome.version.number, outcome.version.runbook.title) == (2, "C setup, new")
    assert "its title was “C setup”" in message_of(outcome)
    assert put(text_of("C setup, new", "Look twice")).version.number == 3


def test_a_checklist_that_is_the_whole_text_follows_the_title_of_its_runbook() -> None:
    put(text_of("Launch"))
    outcome = put(text_of("Launch day"), slug="launch")
    assert [(v.checklist.title, v.number) for v in outcome.checklist_versions] == [("Launch day", 2)]


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("no slug", "cannot name a runbook"),
        ("theirs", "belongs to the system other, this text to ops"),
        ("brand-new", "is the title of the runbook mine already"),
    ],
)
def test_slugs_that_cannot_be_meant_are_refused(slug: str, message: str) -> None:
    put(text_of("Theirs"), "other")
    put(text_of("Mine"))
    with pytest.raises(WrongSlug, match=message):
        put(text_of("Mine"), slug=slug)


def test_a_title_of_another_system_is_another_runbook_with_the_systems_name_before_its_slug() -> None:
    put(text_of("Disk full"))
    assert put(text_of("Disk full"), "other").news.is_new
    assert slugs() == ["disk-full", "other-disk-full"]


def test_a_text_without_a_system_goes_to_the_only_runbook_of_its_title() -> None:
    put(text_of("Disk full"), "billing")
    assert put(text_of("Disk full", "Look again"), "").version.number == 2
    put(text_of("Disk full"), "other")
    assert put(text_of("Disk full"), "").version.runbook.system.slug == "disk-full"


@pytest.mark.parametrize(
    ("system", "name", "expected"),
    [
        ("billing", "", "Billing"),
        ("billing-api", "", "Billing api"),
        ("billing", "Money", "Money"),
        ("", "", "disk full"),
    ],
)
def test_a_new_system_is_called_by_its_slug_or_as_asked(system: str, name: str, expected: str) -> None:
    put(text_of("Runbook: disk full"), system, name=name)
    assert System.objects.get().name == expected


def test_front_matter_names_the_system_in_small_letters_too() -> None:
    text = "---\ntitle: Queue stuck\nsystem: Billing api\n---\n\n- [ ] a\n"
    assert store(read_runbook(text), text, "", None).version.runbook.system.slug == "billing-api"


def test_a_document_replaces_no_checklist_unless_a_person_says_so() -> None:
    put(text_of("Disk full"))
    document = "# Disk full\n\n1. Look\n"
    with pytest.raises(Undecided, match="has 1 item: it would replace a checklist"):
        put(document)
    assert "kept as a document" in message_of(put(document, slug="disk-full"))
    assert (
        message_of(put("# Disk full\n\n1. Look twice\n"))
        == "Stored as version 3: kept as a document, without a checklist."
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("A - b", "a — B", True), ("A  b", "A b", True), ("C", "C++", False), ("A: b", "A b", False)],
)
def test_titles_are_one_but_for_case_spaces_and_dashes(one: str, other: str, same: bool) -> None:
    assert same_title(one, other) is same


def test_slugs_of_sections_and_policies_do_not_depend_on_their_order() -> None:
    parts = ["## Check: disk\n\n- [ ] a\n", "## Check: queue\n\n- [ ] b\n"]
    rules = ["## Policy: one\n\nMust.\n", "## Policy: two\n\nMust.\n"]
    found = [read_runbook("# X\n\n" + "\n".join(order(parts) + order(rules))) for order in (list, lambda x: x[::-1])]
    assert [[s.slug for s in each.sections] for each in found] == [
        ["check-disk", "check-queue"],
        ["check-queue", "check-disk"],
    ]
    assert [policy.slug for policy in found[0].policies] == ["policy-one", "policy-two"]
