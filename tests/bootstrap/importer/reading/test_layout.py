"""A document as its page shows it: anchors of headings and steps, numbers as written, code that can be copied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bootstrap.importer.reading.layout import (
    Document,
    Part,
    Procedure,
    ProcedureStep,
    Snippet,
    Title,
    Words,
    document_of,
)

TEXT = """---
weight: 3
---

# Queue stuck

Words, see [whom to call](#whom-to-call--when).

1. Before all

## Look

1. Count:

   ```sh
   llen queue
   ```

2. Ask
   1. Ada
   2. Bea
      - by phone

#### Whom to call & when

1. One

```sh
wait
```

2. Two
"""


def ids(parts: tuple[Part, ...]) -> list[str]:
    found: list[str] = []
    for part in parts:
        match part:
            case Title():
                found.append(part.anchor)
            case Snippet():
                found.append(part.id)
            case Procedure():
                for step in part.steps:
                    found += [*([step.anchor] if step.anchor else []), *ids(step.parts)]
    return found


def steps(document: Document) -> list[ProcedureStep]:
    return [step for part in document.parts if isinstance(part, Procedure) for step in part.steps]


def test_headings_and_steps_have_anchors() -> None:
    assert ids(document_of(TEXT).parts) == [
        "step-1",
        "look",
        *("look-step-1", "code-1", "look-step-2", "look-step-2-1", "look-step-2-2"),
        "whom-to-call--when",
        *("whom-to-call--when-step-1", "code-2", "whom-to-call--when-step-2"),
    ]
    assert document_of(TEXT).steps == 5


def test_the_title_and_front_matter_are_left_out_and_no_level_of_headings_is() -> None:
    document = document_of(TEXT)
    assert document.parts[0] == Words("Words, see [whom to call](#whom-to-call--when).")
    assert [(title.text, title.level) for title in document.titles] == [("Look", 2), ("Whom to call & when", 3)]


def test_steps_are_numbered_as_they_are_shown_everywhere() -> None:
    assert [step.number for step in steps(document_of("# X\n\n1. a\n1. b\n1. c\n"))] == ["1", "2", "3"]
    assert [step.number for step in steps(document_of("# X\n\n4. a\n5. b\n"))] == ["4", "5"]


def test_anchors_are_those_of_no_other_part_of_the_page() -> None:
    text = "# X\n\n## Main\n\n1. a\n\n## Main\n\n1. a\n\n- x\n\n1. b\n\n## Step 1\n"
    found = ids(document_of(text).parts)
    assert len(set(found)) == len(found)
    assert "main" not in found


@given(st.text(alphabet="#1. \n-`ab", max_size=200))
def test_no_text_breaks_it_and_no_id_is_given_twice(text: str) -> None:
    found = ids(document_of(f"# X\n\n{text}").parts)
    assert len(set(found)) == len(found)
