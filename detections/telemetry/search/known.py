"""What a search may name that stands in rows: environments with their other names, projects, tags, releases, routes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

from django.db import connection

from bootstrap.systems.models import Environment
from detections.telemetry import partitions
from detections.telemetry.models import Issue, Project, ProjectEnvironment
from detections.telemetry.places.numbered_place import NumberedPlace
from detections.telemetry.places.numbers import numbered_places, with_ids

# Conditions on events look at as many whole days as have so many events together, today at least.
MOST_EVENTS = 3_000_000
MOST_DAYS = 30
# Tags are those of so many newest events of each environment that sent any lately.
TAG_SAMPLE = 100
_ENVIRONMENTS_SAMPLED = 50
# Within words a text is looked for in so many issues, those seen last: no index has parts of words. Some 0.1 s.
MOST_READ = 25_000
_SAMPLED_DAYS = timedelta(days=30)

TAGS = """
SELECT DISTINCT jsonb_object_keys(tags) FROM (
    SELECT id, last_event_at FROM detections_projectenvironment WHERE last_event_at >= %(since)s
    ORDER BY last_event_at DESC LIMIT %(environments)s
) AS place, LATERAL (
    SELECT tags FROM detections_event
    WHERE project_environment_id = place.id AND occurred_at >= %(since)s AND received_at >= %(since)s
    ORDER BY occurred_at DESC LIMIT %(sample)s
) AS newest
"""
# PostgreSQL's estimate of the rows of each day; of a day that was not analyzed yet by its size, 1 KB a row.
DAYS = """
SELECT relname, CASE WHEN reltuples >= 0 THEN reltuples ELSE pg_relation_size(pg_class.oid) / 1024 END
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'detections_event'::regclass
"""


class KnownNames:
    """Names, each kind read once where it is needed."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.remarks: list[str] = []  # sentences on names that are not among those known

    @cached_property
    def projects(self) -> dict[str, int]:
        """Ids by slug."""
        return dict(Project.objects.values_list("slug", "pk"))

    @cached_property
    def environments(self) -> set[str]:
        """The names under which events are counted."""
        return set(ProjectEnvironment.objects.order_by().values_list("name", flat=True).distinct())

    @cached_property
    def tags(self) -> set[str]:
        """The names of tags that newest events have."""
        since = self.now - _SAMPLED_DAYS
        with connection.cursor() as cursor:
            cursor.execute(TAGS, {"since": since, "environments": _ENVIRONMENTS_SAMPLED, "sample": TAG_SAMPLE})
            return {name for (name,) in cursor.fetchall()}

    @cached_property
    def searched_since(self) -> datetime:
        """The start of the days whose events conditions look at."""
        with connection.cursor() as cursor:
            cursor.execute(DAYS)
            rows = sorted(((partitions.day_of(name), n) for name, n in cursor.fetchall()), reverse=True)
        today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        since, total = today, 0.0
        for day, n in rows:
            start = today - (today.date() - day)
            total += n
            if start < today - timedelta(days=MOST_DAYS) or (total > MOST_EVENTS and start < today):
                break
            since = min(since, start)
        return since

    @cached_property
    def learned(self) -> set[str]:
        """The places of paths at which numbers are ids, of all projects."""
        places = NumberedPlace.objects.filter(learned_at__isnull=False)
        return set(places.order_by().values_list("pattern", flat=True).distinct())

    def as_counted(self, path: str) -> str:
        """The route as which a path is counted where the numbers in it are ids; else itself."""
        return with_ids(path, self.learned) if numbered_places(path) else path

    @cached_property
    def read_since(self) -> datetime | None:
        """When the issues were seen last in whose texts parts of words are looked for; None: these are all."""
        times = Issue.objects.order_by("-last_seen").values_list("last_seen", flat=True)
        last = list(times[MOST_READ - 1 : MOST_READ + 1])
        if len(last) < 2:
            return None
        self.remarks.append(f"Parts of words are looked for in the {MOST_READ:,} issues seen last; words in all.")
        return last[0]

    def environments_named(self, value: str) -> set[str]:
        """The names under which events of that environment are counted; itself where there is none."""
        folded = value.lower()
        named = {name for name in self.environments if name.lower() == folded}
        for slug, aliases in self._aliases:
            if folded == slug.lower() or folded in aliases:
                named.add(slug)
        if not named:
            self._remark("Environment", value, self.environments)
        return named or {value}

    def project_named(self, value: str) -> str:
        """The slug, with a remark where there is no such project."""
        folded = {slug.lower(): slug for slug in self.projects}
        if value.lower() not in folded:
            self._remark("Project", value, self.projects)
        return folded.get(value.lower(), value)

    @cached_property
    def _aliases(self) -> list[tuple[str, list[str]]]:
        return [
            (slug, [each.lower() for each in aliases])
            for slug, aliases in Environment.objects.values_list("slug", "aliases")
        ]

    def _remark(self, kind: str, value: str, known: Iterable[str]) -> None:
        names = sorted(known)
        there = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        self.remarks.append(f"{kind} “{value[:60]}” is not among those here ({there or 'there are none'}).")
