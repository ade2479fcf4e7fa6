"""Closed records of the incidents that runbooks tell of. What a person changed in a record stays; the rest follows the
newest version of the runbook."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Length

from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.queries import newest_versions
from bootstrap.runbooks.version_contents import A_DATE, IncidentText, Policy
from bootstrap.systems.models import ConfigVar, Environment
from detections.incidents.models import BugClass, ContributingFactor, Incident, IncidentLink
from detections.incidents.record.write import append, lock, save
from detections.incidents.similar.told_facts import (
    FOLLOWING,
    FOLLOWING_DATE,
    ToldFacts,
    ToldLink,
    addresses_in,
    facts_of,
    keys_of,
    same_incidents,
)

logger = logging.getLogger(__name__)

MOST_RUNBOOKS = 20  # of a run; the next run takes the others


@dataclass(frozen=True)
class _Reading:
    """A runbook's newest version, with what its incidents may refer to."""

    version: RunbookVersion
    now: datetime
    stored: frozenset[datetime]  # when each version of the runbook was stored
    addresses: Mapping[str, str]
    variables: frozenset[str]
    environments: tuple[Environment, ...]

    @property
    def actor(self) -> str:
        """Who wrote what follows the text."""
        return f"runbook {self.version.runbook.slug}"

    @property
    def url(self) -> str:
        return f"/runbooks/{self.version.runbook.slug}/"


def record_runbooks(now: datetime) -> list[Incident]:
    """Records the incidents of the newest versions that have no record yet, a runbook in a transaction; the new ones.
    Runbooks that another process works on are left to it. What fails is logged, and tried again by the next run."""
    made: list[Incident] = []
    for pk in _without_records().values_list("pk", flat=True)[:MOST_RUNBOOKS]:
        try:
            with transaction.atomic():
                made += _record(pk, now)
        except DatabaseError:
            logger.exception("incidents: the records of runbook %s failed; the next run tries again", pk)
    return made


def _without_records() -> QuerySet[Runbook]:
    """Runbooks whose newest version tells of an incident that happened and has no record of that text."""
    happened = Q(date_text__regex=A_DATE) | ~Q(references=[])
    texts = IncidentText.objects.filter(happened, version__runbook=OuterRef("pk"), version__in=newest_versions())
    missing = texts.exclude(Exists(Incident.objects.filter(source=OuterRef("pk"))))
    return Runbook.objects.filter(Exists(missing)).order_by("pk")


def _record(runbook_id: int, now: datetime) -> list[Incident]:
    """Brings one runbook's records up to date; the new ones."""
    runbook = Runbook.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=runbook_id).first()
    if runbook is None:
        return []
    version = runbook.versions.select_related("runbook").order_by("-number")[0]
    texts = list(version.incidents.select_related("version", "policy"))
    stored = Incident.objects.filter(source__version__runbook=runbook)
    records = {record.import_key: record for record in stored.select_related("source__version", "source__policy")}
    reading = _reading(version, now)
    keys = keys_of(runbook.slug, texts)
    left = {record.source: record for key, record in records.items() if record.source and key not in set(keys)}
    same = same_incidents([text for key, text in zip(keys, texts, strict=True) if key not in records], list(left))
    made = []
    for key, text in zip(keys, texts, strict=True):
        record = left[same[text]] if text in same else records.get(key)
        if record is None:
            made += [_create(text, key, reading)] if text.happened else []
        elif record.source_id != text.pk:
            _follow(record, text, key, reading)
    return made


def _reading(version: RunbookVersion, now: datetime) -> _Reading:
    system = version.runbook.system_id
    return _Reading(
        version,
        now,
        frozenset(version.runbook.versions.values_list("created_at", flat=True)),
        addresses_in(version.source),
        frozenset(ConfigVar.objects.filter(app__system=system).values_list("name", flat=True)),
        tuple(Environment.objects.filter(system=system)),
    )


def _create(text: IncidentText, key: str, reading: _Reading) -> Incident:
    facts = facts_of(text, reading.addresses)
    made = Incident.objects.create(
        **facts.fields,
        status=Incident.Status.CLOSED,
        declared_by_name=reading.actor,
        bug_class=_bug_class(facts.bug_class),
        source=text,
        import_key=key,
    )
    made.factors.add(*_factors(facts.factors))
    made.environments.add(*(each for each in reading.environments if each.slug in facts.words))
    _add_links(made, facts.links, reading)
    if text.policy:
        _link_policy(made, text.policy, reading)
    append(made, reading.now, f"Recorded from {reading.version}", actor=reading.actor, url=reading.url)
    return made


def _follow(record: Incident, text: IncidentText, key: str, reading: _Reading) -> None:
    """What nobody changed since the earlier text follows the new one."""
    assert record.source
    earlier_text, record = record.source, lock(record.pk)
    earlier = facts_of(earlier_text, addresses_in(earlier_text.version.source))
    new = facts_of(text, reading.addresses)
    redated = earlier.fields["started_at"] != new.fields["started_at"]
    changed = [
        name
        for name in (*FOLLOWING, *(FOLLOWING_DATE if redated else ()))
        if earlier.fields[name] != new.fields[name] and _as_told(record, name, earlier, reading)
    ]
    for name in changed:
        setattr(record, name, new.fields[name])
    if earlier.bug_class != new.bug_class and record.bug_class == _known_class(earlier.bug_class):
        record.bug_class = _bug_class(new.bug_class)
        changed.append("bug_class")
    changed += _follow_links(record, earlier_text, text, earlier, new, reading)
    Incident.objects.filter(pk=record.pk).update(source=text, import_key=key)
    if changed:
        save(record, *(name for name in changed if name not in ("links", "factors")))
        words = ", ".join(name.replace("_", " ") for name in changed)
        append(record, reading.now, f"Follows {reading.version}: {words}", actor=reading.actor, url=reading.url)


def _as_told(record: Incident, name: str, earlier: ToldFacts, reading: _Reading) -> bool:
    """Whether nobody changed the field. Without a date the times of an incident are those of the version that told of
    it first, whichever that was."""
    value = getattr(record, name)
    undated = name in FOLLOWING_DATE and earlier.fields["started_at"] is None
    return bool(value == earlier.fields[name] or (undated and value in reading.stored))


def _follow_links(
    record: Incident,
    earlier_text: IncidentText,
    text: IncidentText,
    earlier: ToldFacts,
    new: ToldFacts,
    reading: _Reading,
) -> list[str]:
    """Adds what only the new text names; what a person took out stays out. Which of links and factors it changed."""
    gone = {link.text for link in earlier.links} - {link.text for link in new.links}
    added = tuple(link for link in new.links if link.text not in {each.text for each in earlier.links})
    removed, _ = record.links.filter(text__in=gone, added_by=reading.actor, policy=None).delete()
    if earlier_text.policy and text.policy:
        IncidentLink.objects.filter(incident=record, policy=earlier_text.policy).update(
            policy=text.policy, text=text.policy.title
        )
    elif text.policy:
        _link_policy(record, text.policy, reading)
    factors = [name for name in new.factors if name not in earlier.factors]
    record.factors.add(*_factors(factors))
    wrote = _add_links(record, added, reading)
    return [*(["links"] if removed or wrote else []), *(["factors"] if factors else [])]


def _link_policy(record: Incident, policy: Policy, reading: _Reading) -> None:
    record.links.get_or_create(
        policy=policy, defaults={"text": policy.title[:300], "added_at": reading.now, "added_by": reading.actor}
    )


def _add_links(record: Incident, links: tuple[ToldLink, ...], reading: _Reading) -> int:
    """Adds those that are not there; a variable only where the system has it. How many."""
    there = {value for link in record.links.all() for value in (link.url, link.variable, link.text) if value}
    rows = [
        IncidentLink(
            incident=record,
            text=link.text,
            url=link.url,
            variable=link.variable,
            added_at=reading.now,
            added_by=reading.actor,
        )
        for link in links
        if not {link.url, link.variable, link.text} & there and link.variable in {"", *reading.variables}
    ]
    return len(IncidentLink.objects.bulk_create(rows, ignore_conflicts=True))


def _bug_class(name: str) -> BugClass | None:
    """The class that the name begins with, or a new one: `Dict in a module keyed by user` is a `Dict in a module`."""
    return _known_class(name) or (BugClass.objects.create(name=name) if name else None)


def _known_class(name: str) -> BugClass | None:
    begins = BugClass.objects.annotate(wanted=Value(name)).filter(wanted__istartswith=F("name"))
    longest_first = begins.order_by(Length("name").desc())
    return next((known for known in longest_first if not name[len(known.name) :][:1].isalnum()), None)


def _factors(names: tuple[str, ...] | list[str]) -> list[ContributingFactor]:
    return [ContributingFactor.objects.get_or_create(name=name)[0] for name in names]
