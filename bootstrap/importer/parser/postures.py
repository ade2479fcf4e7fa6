"""Postures that prose describes, as proposals (pure): variable, guard, severity."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from bootstrap.importer.parsed_runbook import PostureNote
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, pattern, plain

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SEVERITY = pattern("posture.severity")
_COMMAND = re.compile(r"^(?:```\w*\n|\s{4}|\$\s)?(?P<command>heroku [^\n`]+)", re.MULTILINE)
_WORKERS = pattern("posture.worker")
_OFF = pattern("posture.off")
# Hosts print values back; what is copied must not.
_SILENT = " >/dev/null 2>&1"


@dataclass(frozen=True)
class PostureProposal:
    """`guard` is a condition over the flags and workers that the text gives as its grounds."""

    variable: str
    guard: str
    severity: str
    instead_of: str
    command: str


def proposal(note: PostureNote, known: Collection[str]) -> PostureProposal | None:
    """The proposal of a note; None where it names no known variable or no grounds that can be checked."""
    text = re.sub(r"```.*?```", " ", note.text, flags=re.DOTALL)
    words = " ".join(plain(text).split())
    variable = next((name for name in IDENTIFIER.findall(words) if name in known), "")
    guard = " and ".join(_grounds(words))
    if not variable or not guard:
        return None
    severity = _SEVERITY.search(words)
    match = _COMMAND.search(note.text)
    command = match["command"].strip() if match else ""
    if command and ">/dev/null" not in command:
        command += _SILENT
    return PostureProposal(
        variable,
        guard,
        severity["now"].lower() if severity else "warning",
        severity["else"].lower() if severity else "critical",
        command,
    )


def _grounds(words: str) -> list[str]:
    """`FLAG_X=0` for flags that a sentence says are off, `workers=1` for a single worker."""
    off = [flag for sentence in _SENTENCE.split(words) if _OFF.search(sentence) for flag in FLAG.findall(sentence)]
    single = ["workers=1"] if _WORKERS.search(words) else []
    return [*(f"{flag}=0" for flag in dict.fromkeys(off)), *single]
