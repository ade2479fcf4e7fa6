"""What has to wait for what."""

from __future__ import annotations

import pytest

from bootstrap.importer import read_runbook
from bootstrap.importer.parser import cycles

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


def unsure(text: str) -> list[tuple[int, str]]:
    return [(note.line, note.text) for note in read_runbook(HEAD + text).unsure]


TWO = "## Core\n- [ ] `A_KEY` set\n- [ ] `FLAG_A=1` set\n## Sentry (FLAG_S)\n- [ ] {}\n"
TABLE = "# Setup checklist\n\n| Var | Default |\n|---|---|\n| `A_KEY` | none |\n\n"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("go, needs `FLAG_A`", (("FLAG_A",), ())),
        ("go (requires FLAG_A=1)", (("FLAG_A",), ())),
        ("go, depends on `a_key-set` and FLAG_A", (("a_key-set", "FLAG_A"), ())),
        ("go after the Core section", ((), ("core",))),
        ("go after FLAG_A and the Core checklist", (("FLAG_A",), ("core",))),
        ("go\n  Needs `FLAG_A`.", (("FLAG_A",), ())),
        ("go\n\n  It needs `FLAG_A`.", (("FLAG_A",), ())),
        ("go, does not need `FLAG_A`", ((), ())),
        ("go, no longer requires FLAG_A", ((), ())),
        ("does it go after FLAG_A?", ((), ())),
        ("go, requires Python 3.11 and `docker`", ((), ())),
        ("go after the deploy", ((), ())),
        ("go after the Sentry section", ((), ())),
    ],
)
def test_what_an_item_says_it_needs_it_waits_for(said: str, expected: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    found = needs(TWO.format(said))
    assert [found[key] for key in found if key not in ("a_key-set", "FLAG_A")] == [expected]
    assert unsure(TWO.format(said)) == []


def test_a_variable_stands_for_the_item_about_it() -> None:
    (section,) = read_runbook(TABLE + "- [ ] go, needs `A_KEY`\n- [ ] A_KEY set\n").checklists[0].sections
    assert section.items[0].needs_items == ("A_KEY",)


@pytest.mark.parametrize("name", ["NO_SUCH_KEY", "`NO_SUCH_KEY`", "`no-such-key`"])
def test_a_name_that_looks_like_a_key_and_is_none_is_told(name: str) -> None:
    ((line, told),) = unsure(f"- [ ] go, needs {name}\n")
    assert line == 3
    assert told.startswith(f"needs {name.strip('`')}, which no item")


def test_one_of_several_is_told_and_not_waited_for() -> None:
    text = TWO.format("go, needs A_KEY-2, FLAG_A or `a_key-set`")
    assert needs(text)["go"] == ((), ())
    assert any("needs one of" in told for _, told in unsure(text))


def test_what_is_said_comes_before_what_is_implied_and_no_circle_is_left() -> None:
    text = "- [ ] all\n  - [ ] part after `all`\n- [ ] go after FLAG_A\n- [ ] `FLAG_A=1` set\n"
    found = needs(text)
    assert found["part-after-all"] == (("all",), ())
    assert found["go-after-flag_a"] == (("FLAG_A",), ())
    assert found["all"] == ((), ())
    assert found["FLAG_A"] == (("all",), ())
    assert [line for line, _ in unsure(text)] == [3, 6]


def test_of_a_circle_over_items_and_sections_only_what_closes_it_is_left_out() -> None:
    text = "## A\n- [ ] one, needs `two`\n## B\n- [ ] two, needs `three`\n- [ ] three, after the A section\n"
    found = needs(text)
    assert (found["one"], found["two"], found["three"]) == ((("two",), ()), (("three",), ()), ((), ()))
    assert [line for line, _ in unsure(text)] == [7]


def test_nothing_waits_for_an_optional_item_unless_it_says_so() -> None:
    text = "- [ ] one (optional)\n- [ ] two\n  - [ ] sub [optional]\n- [ ] `FLAG_A=1` set\n- [ ] go, needs `one`\n"
    found = needs(text)
    assert found["FLAG_A"] == (("two",), ())
    assert found["two"] == ((), ())
    assert found["go"] == (("one",), ())


def test_sections_that_each_wait_for_two_are_looked_at_once() -> None:
    """Each path from the last to the first was walked: two to the power of the sections."""
    sections = [
        f"## S{n}\n" + "".join(f"- [ ] S{n - k} checklist completed\n" for k in (1, 2) if n > k) for n in range(80)
    ]
    text = "".join(section + f"- [ ] step {n}\n" for n, section in enumerate(sections))
    assert sum(len(slugs) for _, slugs in needs(text + "- [ ] S0 checklist completed\n").values()) == 156


def test_a_long_chain_of_sections_is_no_recursion() -> None:
    chain = "".join(f"## S{n}\n- [ ] S{n + 1} checklist completed\n" for n in range(1500))
    found = needs(f"{chain}## S1500\n- [ ] S0 checklist completed\n")
    assert sum(len(slugs) for _, slugs in found.values()) == 1500


def test_a_knot_made_to_hang_ends_with_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 60
    asked = [(a, b) for a in range(count) for b in range(count) if a != b]
    assert cycles.kept([], asked).count(True) == count * (count - 1) // 2
    monkeypatch.setattr(cycles, "MOST_STEPS", 10)
    assert 0 < cycles.kept([], asked).count(True) < 80
    assert cycles.kept([], [(0, 1), (1, 2)]) == [True, True], "outside of knots nothing is tried"
