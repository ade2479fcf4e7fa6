"""Numbered steps of a text without boxes: which lists are procedures, and the checklist that is made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.importer import ParsedRunbook, read_runbook
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parser.steps import number_of_steps, with_boxes

TEXT = """# Queue stuck

## Look

1. Count:

   ```sh
   llen queue
   ```

2. Find who holds it
   - on prod, ask

## Drain

1. Stop the producers
2. Wait
"""


def boxed(text: str, *, in_order: bool = False) -> ParsedRunbook:
    return read_runbook(render(with_boxes(read_runbook(text).blocks, in_order=in_order)))


def test_each_step_is_an_item_and_what_lies_beneath_it_explains_it() -> None:
    assert read_runbook(TEXT).checklists == ()
    items = list(boxed(TEXT).items)
    assert [item.text for item in items] == ["Count:", "Find who holds it", "Stop the producers", "Wait"]
    assert [item.body for item in items] == ["```sh\nllen queue\n```", "- on prod, ask", "", ""]
    assert [item.needs_items for item in items] == [()] * 4
    assert boxed(TEXT).unsure == ()


def test_in_order_each_step_waits_for_the_one_before_also_across_headings() -> None:
    items = list(boxed(TEXT, in_order=True).items)
    assert [item.needs_items for item in items] == [(), ("count",), ("find-who-holds-it",), ("stop-the-producers",)]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1. a\n2. b\n", 2),
        ("- a\n- b\n", 0),
        ("1. [A](#a)\n2. [B](#b)\n", 0),
        ("## References\n\n1. The handbook\n", 0),
        ("1. a\n\n```\ncode\n```\n\n2. b\n", 2),
        ("- a\n  1. b\n", 0),
        ("Words.\n", 0),
    ],
)
def test_which_lists_are_procedures(text: str, steps: int) -> None:
    assert number_of_steps(read_runbook(f"# X\n\n{text}").blocks) == steps


@given(st.lists(st.lists(st.sampled_from(["Look", "Wait", "Ask `them`", "Set A_B=1"]), min_size=1), min_size=1))
def test_no_step_is_lost_and_the_first_waits_for_none(sections: list[list[str]]) -> None:
    lists = ("\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1)) for steps in sections)
    text = "# X\n\n" + "\n\n".join(f"## Part {n}\n\n{steps}" for n, steps in enumerate(lists))
    for in_order in (False, True):
        items = list(boxed(text, in_order=in_order).items)
        assert len(items) == number_of_steps(read_runbook(text).blocks) == sum(map(len, sections))
        assert items[0].needs_items == ()
        assert not in_order or all(item.needs_items for item in items[1:])
