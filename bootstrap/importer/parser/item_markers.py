"""Marks in the text of an item (pure): optional, two people, evidence, a question, the flag that it is about.

Ordinary prose uses the same words: "document the evidence policy" asks for no evidence, "no two-person rule" for no
second person, and "with FLAG_Y=1 the page loads" is about the page.
"""

from __future__ import annotations

import re

from bootstrap.importer.vocabulary import FLAG, pattern, words

# A question mark within an address or a command (`?page=1`) asks nothing.
_QUESTION = re.compile(r"[?\uff1f](?![\w=&])")
_OPTIONAL = pattern("item.optional")
_TWO_PERSON = pattern("item.two_person")
_EVIDENCE = pattern("item.evidence")
_KINDS = {"file": "file", "screenshot": "file", "upload": "file", "link": "link", "url": "link"}
_NEGATED = pattern("item.negated_mark", r"(?:{})[\s(\[]{1,3}(?:(?:a|an|any|the)\s)?\Z")
_BEFORE = 20  # characters in which a negation stands before what it negates
_LEAD = pattern(
    "item.before_flag",
    r"\A\W{0,6}(?:(?:please|then|now|finally|also)\W{1,3})?"
    rf"(?:(?:(?P<off>{words('item.turned_off')})|(?P<on>{words('item.turned_on')})|"
    r"{})\s{1,3}(?:that\s)?)?"
    # Words of scripts without spaces: 设置 FLAG_X=1.
    r"(?:[^\W\d_a-zA-Z]{1,12}\s{0,3})?"
    r"(?:the\s)?(?:feature\W?)?(?:flag)?\W{0,3}\Z",
)
_LONGEST_LEAD = 60
# What follows a flag's name where the item asks for it to be off: "is `false` until the smoke test passed".
_OFF = pattern(
    "item.off",
    r"\A[^\w(]{0,6}(?:is |stays |kept |keep |remains |set |to |still |must |should |has |be |stay |remain ){0,9}"
    r"(?:{})(?![\w-]| by default)",
)


def is_question(text: str) -> bool:
    return _QUESTION.search(text) is not None


def is_optional(text: str) -> bool:
    return _OPTIONAL.search(text) is not None


def without_optional(text: str) -> str:
    """The text without a mark such as `(optional)` at its start: a key begins with what is to be done."""
    match = _OPTIONAL.match(text)
    return text[match.end() :].strip() or text if match else text


def asks_for_two(text: str) -> bool:
    return any(not _is_negated(text, match) for match in _TWO_PERSON.finditer(text))


def evidence_in(text: str) -> tuple[bool, str]:
    """Whether evidence is asked for, and of which kind (`file`, `link`, or empty for any)."""
    for match in _EVIDENCE.finditer(text):
        if not _is_negated(text, match):
            return True, _KINDS.get((match["which"] or match["named"] or "").lower(), "")
    return False, ""


def flag_in(text: str) -> str:
    """The flag that the item turns on or off: the one it begins with, or that follows "set", "enable" and the like."""
    first = FLAG.search(text)
    if first is None or first.start() > _LONGEST_LEAD or not _LEAD.match(text[: first.start()]):
        return ""
    return first.group()


def wants_off(text: str, flag: str) -> bool:
    """Whether the item is about the flag being off."""
    before, _, after = text.partition(flag)
    lead = _LEAD.match(before[-_LONGEST_LEAD:])
    if lead and (lead["off"] or lead["on"]):
        return lead["off"] is not None
    return _OFF.search(after) is not None


def _is_negated(text: str, match: re.Match[str]) -> bool:
    return _NEGATED.search(text[max(0, match.start() - _BEFORE) : match.start()]) is not None
