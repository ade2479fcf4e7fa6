"""Checks the chain of sign-offs and the texts that were signed: finds what was changed behind the console's back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField, CharField, F, Func, Value
from django.db.models.functions import Length

from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.models import ChecklistVersion, EvidenceFile, SignOff

# Rows held in memory at a time: a chain of a million acts is read in constant memory.
CHUNK = 2000
SHOWN = 20


@dataclass(frozen=True)
class AuditReport:
    """`acts` that were checked, hash of the last one (to keep elsewhere), and what is wrong, a sentence each."""

    acts: int
    head: str
    findings: tuple[str, ...]


def verify_audit(head: str = "") -> AuditReport:
    """Recompute every hash in order, also those of files.

    With `head`, a hash noted earlier, the chain must still contain it: acts cut off at its end leave no gap behind.
    """
    findings: list[str] = [*_changed_versions(), *_changed_files()]
    previous, count, met = "", 0, not head
    files = dict(EvidenceFile.objects.values_list("pk", "sha256"))
    unnamed = set(files)
    acts = SignOff.objects.order_by("pk").select_related("item__section__version", "by")
    for act in acts.iterator(chunk_size=CHUNK):
        if act.previous_hash != previous:
            findings.append(f"before sign-off {act.pk} ({_who(act)}): an act is missing or out of order")
        if _link(act).digest() != act.hash:
            findings.append(f"sign-off {act.pk} ({_who(act)}) was changed after it was made")
        findings += _lost_file(act, files)
        unnamed.discard(_file(act).get("id", 0))
        previous, count, met = act.hash, count + 1, met or act.hash == head
    if unnamed:
        findings.append(_without_sign_off(unnamed))
    if not met:
        findings.append(f"the chain does not contain {head}: acts were removed from its end")
    return AuditReport(count, previous, tuple(findings))


def _link(act: SignOff) -> HashedAct:
    return HashedAct(
        run=act.run_id,
        item=act.item_id,
        key=act.item.key,
        text=act.item.text,
        wording=act.item.section.version.content_hash,
        sequence=act.sequence,
        act=act.act,
        by=act.by_id,
        at=act.at,
        note=act.note,
        evidence=act.evidence,
        previous=act.previous_hash,
        review_by=act.review_by,
        by_name=act.by_name,
        answer=act.answer,
    )


def _who(act: SignOff) -> str:
    return f"{act.item.key}, {act.told()}"


def _changed_versions() -> Iterator[str]:
    for version in ChecklistVersion.objects.exclude(source="").select_related("checklist").iterator(CHUNK):
        if hashlib.sha256(version.source.encode()).hexdigest() != version.content_hash:
            yield f"the text of {version} was changed after it was made"


def _changed_files() -> Iterator[str]:
    """The database hashes the bytes itself: no file passes through the console."""
    real = Func(F("content"), function="sha256", output_field=BinaryField())
    hashed = Func(real, Value("hex"), function="encode", output_field=CharField())
    found = EvidenceFile.objects.annotate(real=hashed).exclude(sha256=F("real"), size=Length("content"))
    for pk, name in found.order_by("pk").values_list("pk", "name").iterator(CHUNK):
        yield f"file {pk} ({name}) was changed after it was given as evidence"


def _without_sign_off(files: set[int]) -> str:
    """A file is kept in the transaction of the act that names it: alone it tells that its act is gone."""
    told = ", ".join(map(str, sorted(files)[:SHOWN])) + (" ..." if len(files) > SHOWN else "")
    return f"files without their sign-off: {len(files)} ({told}): the chain may have been emptied"


def _lost_file(act: SignOff, files: Mapping[int, str]) -> Iterator[str]:
    told = _file(act)
    if told and files.get(told.get("id", 0)) != told.get("sha256", ""):
        yield f"sign-off {act.pk} ({_who(act)}) names file {told.get('id')}, which is not the one that was given"


def _file(act: SignOff) -> dict[str, Any]:
    """What the act tells of its file. Somebody may have written anything there: that is what is looked for."""
    told = act.evidence.get("file") if isinstance(act.evidence, dict) else None
    return told if isinstance(told, dict) else {}
