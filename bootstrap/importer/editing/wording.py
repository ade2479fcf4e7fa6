"""The words of an item as the fields of a form, and back (pure).

What is asked for besides stands in the words, where a reader of the file sees it: `Restore it (two-person) (if
FLAG_X=1)`. Marks that stand at the end in this form are taken apart; what the words say otherwise stays there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bootstrap.importer.editing.acts import EditRefused
from bootstrap.importer.parser import item_markers

ANY = "any"
EVIDENCE = {"": "None", ANY: "A note, a link or a file", "file": "A file", "link": "A link"}
_CONDITION = re.compile(r"\s\(if (?P<condition>[^()\[\]]{1,300})\)\Z")
_OPTIONAL = re.compile(r"\s\(optional\)\Z")
_EVIDENCE = re.compile(r"\s\(evidence(?:: (?P<kind>file|link))?\)\Z")
_TWO = re.compile(r"\s\(two-person\)\Z")
_NEEDS = re.compile(r"\s\(needs (?P<keys>`[^`]{1,150}`(?: and `[^`]{1,150}`){0,30})\)\Z")


@dataclass(frozen=True)
class ItemWords:
    """The words without the marks, and the marks. `evidence` is a key of EVIDENCE; `needs` are keys of items."""

    text: str
    two_person: bool = False
    evidence: str = ""
    optional: bool = False
    condition: str = ""
    needs: tuple[str, ...] = ()


def take_apart(text: str) -> ItemWords:
    """The marks at the end of the words apart from these, and what the words say besides."""
    apart = _marks_at_end(text)
    if _with_marks(apart) != text:
        apart = ItemWords(text)
    asks, kind = item_markers.evidence_in(apart.text)
    return replace(
        apart,
        two_person=apart.two_person or item_markers.asks_for_two(apart.text),
        evidence=apart.evidence or ((kind or ANY) if asks else ""),
        optional=apart.optional or item_markers.is_optional(apart.text),
    )


def _marks_at_end(text: str) -> ItemWords:
    rest, found = text, ItemWords("")
    if match := _CONDITION.search(rest):
        rest, found = rest[: match.start()], replace(found, condition=match["condition"])
    if match := _OPTIONAL.search(rest):
        rest, found = rest[: match.start()], replace(found, optional=True)
    if match := _EVIDENCE.search(rest):
        rest, found = rest[: match.start()], replace(found, evidence=match["kind"] or ANY)
    if match := _TWO.search(rest):
        rest, found = rest[: match.start()], replace(found, two_person=True)
    if match := _NEEDS.search(rest):
        rest, found = rest[: match.start()], replace(found, needs=tuple(re.findall(r"`([^`]+)`", match["keys"])))
    return replace(found, text=rest)


def put_together(wording: ItemWords) -> str:
    """The words with the marks that they do not say already. Raises EditRefused where they say what is not to be."""
    text = " ".join(wording.text.split())
    _refuse_contradictions(text, wording)
    return _with_marks(replace(wording, text=text))


def _with_marks(wording: ItemWords) -> str:
    text = wording.text
    asks, _ = item_markers.evidence_in(text)
    marks = [
        f"(needs {' and '.join(f'`{key}`' for key in wording.needs)})" if wording.needs else "",
        "(two-person)" if wording.two_person and not item_markers.asks_for_two(text) else "",
        _evidence_mark(wording.evidence) if wording.evidence and not asks else "",
        "(optional)" if wording.optional and not item_markers.is_optional(text) else "",
        f"(if {wording.condition})" if wording.condition else "",
    ]
    return " ".join(filter(None, [text, *marks]))


def _evidence_mark(evidence: str) -> str:
    return "(evidence)" if evidence == ANY else f"(evidence: {evidence})"


def _refuse_contradictions(text: str, wording: ItemWords) -> None:
    asks, kind = item_markers.evidence_in(text)
    if item_markers.asks_for_two(text) and not wording.two_person:
        raise EditRefused("two_person: the words ask for two people; take that out of them.")
    if asks and wording.evidence != (kind or ANY):
        raise EditRefused("evidence: the words ask for evidence otherwise; take that out of them.")
    if item_markers.is_optional(text) and not wording.optional:
        raise EditRefused("optional: the words say that it is optional; take that out of them.")
    if re.search(r"[()\[\]]", wording.condition):
        raise EditRefused("condition: without brackets, such as FLAG_X=1.")
