"""What has to wait for what."""

from __future__ import annotations

from bootstrap.importer import read_runbook

HEAD = "# Setup checklist\n\n"


def needs(text: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    sections = read_runbook(HEAD + text).checklists[0].sections
    return {item.key: (item.needs_items, item.needs_sections) for section in sections for item in section.items}


def test_a_flag_waits_for_the_items_before_it() -> None:
    found = needs("## A\n- [ ] one\n- [ ] two\n- [ ] `FLAG_A=1` set\n- [ ] after\n")
    assert found["FLAG_A"] == (("one", "two"), ())
    assert found["one"] == found["two"] == found["after"] == ((), ())


def test_confirmed_above_waits_too() -> None:
    assert needs("## A\n- [ ] one\n- [ ] go on once the above is confirmed\n")["go-on-once-the-above-is-confirmed"][
        0
    ] == ("one",)


def test_a_section_named_by_an_item_is_waited_for() -> None:
    found = needs(
        "## Sentry (FLAG_S)\n- [ ] one\n## Alerts\n- [ ] Sentry checklist above completed first\n- [ ] `FLAG_B=1` set\n"
    )
    assert found["sentry-checklist-above-completed-first"] == ((), ("sentry",))
    assert found["FLAG_B"] == (("sentry-checklist-above-completed-first",), ())


def test_sections_that_wait_for_each_other_are_reported_and_unlocked() -> None:
    read = read_runbook(HEAD + "## A\n- [ ] B checklist completed\n## B\n- [ ] A checklist completed\n")
    first, second = read.checklists[0].sections
    assert first.items[0].needs_sections == ("b",)
    assert second.items[0].needs_sections == ()
    assert [note.line for note in read.unsure] == [6]


def test_a_point_waits_for_its_sub_points_and_a_flag_among_them_not_for_its_parent() -> None:
    found = needs("## A\n- [ ] all\n  - [ ] one\n  - [ ] `FLAG_A=1` set\n- [ ] other\n")
    assert found["all"] == (("one", "FLAG_A"), ())
    assert found["FLAG_A"] == (("one",), ())


STAYS = "The proxy must remain active until this flag is on.\n\n"


def pairs(text: str) -> list[tuple[str, ...]]:
    (section,) = read_runbook(HEAD + text).checklists[0].sections
    return [item.together for item in section.items]


def test_what_stays_until_the_flag_is_on_makes_a_pair_with_it() -> None:
    items = "- [ ] vault filled\n- [ ] Proxy removed\n- [ ] `FLAG_A=1` set after the above\n"
    assert pairs(f"## A\n{STAYS}{items}") == [(), (), ("proxy-removed",)]
    assert needs(f"## A\n{STAYS}{items}")["FLAG_A"] == (("vault-filled",), ())
    assert pairs(f"## A\n{items}") == [(), (), ()], "without the sentence the flag just waits"
    assert pairs(f"## A\n{STAYS}- [ ] Proxy watched\n- [ ] `FLAG_A=1` set\n") == [(), ()]
