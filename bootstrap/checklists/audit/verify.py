"""Verifies the chain of sign-offs, signed texts and evidence files against their hashes and the known heads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import BinaryField, CharField, F, Func, Value
from django.db.models.functions import Length

from bootstrap.checklists.audit import heads_file
from bootstrap.checklists.audit.chain_head import ChainHead, KnownHead
from bootstrap.checklists.audit.compare import HeadComparison
from bootstrap.checklists.audit.conclusions import conclusions
from bootstrap.checklists.audit.hash_chain import HashedAct
from bootstrap.checklists.models import ChecklistVersion, EvidenceFile, SignOff

# Rows in memory at a time: a chain of a million acts is verified in constant memory.
CHUNK = 2000
SHOWN = 20


@dataclass(frozen=True)
class AuditReport:
    """What was checked. `findings` is what is wrong, `proven` and `not_proven` what may be concluded; in sentences.

    Where something is wrong, `proven` says up to which act the chain still is.

    `head` is that of the chain, to be kept elsewhere; None without acts. `intact_up_to` is the number of the last act
    that a known head covers; 0 without one, and when anything is wrong.
    """

    acts: int
    head: ChainHead | None
    findings: tuple[str, ...]
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]
    intact_up_to: int


def verify_audit(given: Iterable[KnownHead] = ()) -> AuditReport:
    """Recompute the hash of every act, text and file, and compare the chain with the heads that are known.

    Known are those of the file in the data directory, and `given`, which come from elsewhere.
    """
    file = heads_file.read(settings.AUDIT_HEADS_FILE)
    findings: list[str] = [*file.problems, *_changed_versions(), *_changed_files()]
    comparison = HeadComparison([*file.heads, *given])
    last: SignOff | None = None
    files = dict(EvidenceFile.objects.values_list("pk", "sha256"))
    unnamed = set(files)
    acts = SignOff.objects.order_by("pk").select_related("item__section__version", "by")
    for act in acts.iterator(chunk_size=CHUNK):
        faults = [*_broken(act, last), *_lost_file(act, files)]
        findings += faults
        unnamed.discard(_file(act).get("id", 0))
        comparison.take(act.pk, act.hash, faulty=bool(faults))
        last = act
    if unnamed:
        findings.append(_without_sign_off(unnamed))
    findings += comparison.findings()
    head = ChainHead(last.pk, last.hash, comparison.acts, last.at) if last else None
    proven, not_proven = conclusions(comparison, file, intact=not findings)
    intact_up_to = 0 if findings else comparison.reached_number
    return AuditReport(comparison.acts, head, tuple(findings), proven, not_proven, intact_up_to)


def _broken(act: SignOff, last: SignOff | None) -> Iterator[str]:
    if act.previous_hash != (last.hash if last else ""):
        yield f"before sign-off {act.pk} ({_who(act)}): an act is missing or out of order"
    if _hashed(act).digest() != act.hash:
        yield f"sign-off {act.pk} ({_who(act)}) was changed after it was made"


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
