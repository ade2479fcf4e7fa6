"""Verifies the chain of sign-offs, the texts that were signed and the evidence files against their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField, CharField, F, Func, Value
from django.db.models.functions import Length

from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.models import ChecklistVersion, EvidenceFile, SignOff

# Rows in memory at a time: a chain of a million acts is verified in constant memory.
CHUNK = 2000
SHOWN = 20


@dataclass(frozen=True)
class AuditReport:
    """How many acts were checked, the hash of the last one (to be kept elsewhere), and what is wrong, in sentences."""

    acts: int
    head: str
    findings: tuple[str, ...]


def verify_audit(head: str = "") -> AuditReport:
    """Recompute the hash of every act, text and file.

    `head` is a hash that was noted earlier and that the chain must still contain. Without it, acts that were removed
    from the end go unnoticed, as they leave no gap.
    """
    findings: list[str] = [*_changed_versions(), *_changed_files()]
    previous, count, head_found = "", 0, not head
    files = dict(EvidenceFile.objects.values_list("pk", "sha256"))
    unnamed = set(files)
    acts = SignOff.objects.order_by("pk").select_related("item__section__version", "by")
    for act in acts.iterator(chunk_size=CHUNK):
        if act.previous_hash != previous:
            findings.append(f"before sign-off {act.pk} ({_who(act)}): an act is missing or out of order")
        if _hashed(act).digest() != act.hash:
            findings.append(f"sign-off {act.pk} ({_who(act)}) was changed after it was made")
        findings += _lost_file(act, files)
        unnamed.discard(_file(act).get("id", 0))
        previous, count, head_found = act.hash, count + 1, head_found or act.hash == head
    if unnamed:
        findings.append(_without_sign_off(unnamed))
    if not head_found:
        findings.append(f"the chain does not contain {head}: acts were removed from its end")
    return AuditReport(count, previous, tuple(findings))


def _hashed(act: SignOff) -> HashedAct:
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
    return f"{act.item.key}, {act.describe()}"


def _changed_versions() -> Iterator[str]:
    for version in ChecklistVersion.objects.exclude(source="").select_related("checklist").iterator(CHUNK):
        if hashlib.sha256(version.source.encode()).hexdigest() != version.content_hash:
            yield f"the text of {version} was changed after it was made"


def _changed_files() -> Iterator[str]:
    """A finding for each file whose bytes changed. The database hashes them: no file is transferred."""
    real = Func(F("content"), function="sha256", output_field=BinaryField())
    hashed = Func(real, Value("hex"), function="encode", output_field=CharField())
    changed = EvidenceFile.objects.annotate(real=hashed).exclude(sha256=F("real"), size=Length("content"))
    for pk, name in changed.order_by("pk").values_list("pk", "name").iterator(CHUNK):
        yield f"file {pk} ({name}) was changed after it was given as evidence"


def _without_sign_off(files: set[int]) -> str:
    """A file is stored in the transaction of the act that names it, so a file that no act names has lost its act."""
    ids = ", ".join(map(str, sorted(files)[:SHOWN])) + (" ..." if len(files) > SHOWN else "")
    return f"files without their sign-off: {len(files)} ({ids}): the chain may have been emptied"


def _lost_file(act: SignOff, files: Mapping[int, str]) -> Iterator[str]:
    file = _file(act)
    if file and files.get(file.get("id", 0)) != file.get("sha256", ""):
        yield f"sign-off {act.pk} ({_who(act)}) names file {file.get('id')}, which is not the one that was given"


def _file(act: SignOff) -> dict[str, Any]:
    """What the act's evidence says of its file, empty without one. Of any shape: it may have been tampered with."""
    file = act.evidence.get("file") if isinstance(act.evidence, dict) else None
    return file if isinstance(file, dict) else {}
