"""Projects and environments that a selector may name: under other names, too, and to choose from.

A rule applies where events are counted under the names of its selector: those of `ProjectEnvironment`, or the slug of
an environment that has sent none yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bootstrap.systems.models import Environment
from detections.rules.matching.nearest import nearest
from detections.telemetry.models import Project, ProjectEnvironment


@dataclass(frozen=True)
class Unmatched:
    """A part of a selector that nothing has: the form's field, a sentence, and the nearest that exist. `never`: nothing
    can have it, else nothing has had it so far. `link`: a page that mends it, for those who may change environments."""

    field: str
    says: str
    nearest: tuple[str, ...] = ()
    never: bool = False
    link: str = ""


class Places:
    """The names of projects and environments. Three queries, each made where it is needed."""

    @cached_property
    def projects(self) -> dict[str, str]:
        """Names by slug."""
        return dict(Project.objects.order_by("name").values_list("slug", "name"))

    @cached_property
    def _counted(self) -> list[tuple[str, str]]:
        """(project, environment) under which events are counted."""
        return list(ProjectEnvironment.objects.order_by("name").values_list("project__slug", "name"))

    @cached_property
    def _set_up(self) -> list[tuple[str, list[str], str | None]]:
        """(slug, aliases, project of its system or None) of environments."""
        rows = Environment.objects.order_by("slug").values_list("slug", "aliases", "system__apps__projects__slug")
        return list(rows.distinct())

    def environments(self, project: str = "") -> dict[str, tuple[str, ...]]:
        """By name, other names of the environments of a project, or of all."""
        found: dict[str, set[str]] = {name: set() for of, name in self._counted if project in ("", of)}
        for slug, aliases, of in self._set_up:
            if project in ("", of):
                found.setdefault(slug, set()).update(aliases)
        return {name: tuple(sorted(aliases)) for name, aliases in sorted(found.items())}

    def project_named(self, text: str) -> tuple[str, str]:
        """The slug that is meant, and a sentence where it is not what was written."""
        wanted = text.strip()
        if wanted in self.projects:
            return wanted, ""
        folded = wanted.lower()
        meant = [slug for slug, name in self.projects.items() if folded in (slug.lower(), name.lower())]
        return (meant[0], f"{wanted} is the project {meant[0]}.") if len(meant) == 1 else (wanted, "")

    def environment_named(self, text: str, project: str = "") -> tuple[str, str]:
        """The name under which its events are counted, and a sentence where it is not what was written."""
        wanted, known = text.strip(), self.environments(project)
        if wanted in known:
            return wanted, ""
        folded = wanted.lower()
        meant = [name for name, aliases in known.items() if folded in (name.lower(), *map(str.lower, aliases))]
        if len(meant) != 1:
            return wanted, ""
        return meant[0], f"Events of {wanted} are counted as {meant[0]}: aliases are names of one environment."

    def unmatched(self, project: str, environment: str) -> Iterator[Unmatched]:
        """Those of the two that do not exist; an environment that the project does not have."""
        if project and project not in self.projects:
            close = nearest(project, self.projects)
            yield Unmatched("project", f"There is no project {project}.", tuple(close or list(self.projects)[:3]), True)
            project = ""
        if environment and environment not in (known := self.environments(project)):
            of = f"{project} has no environment" if project else "There is no environment"
            close = nearest(environment, known) or list(known)[:3]
            yield Unmatched("environment", f"{of} {environment}.", tuple(close), True)


def project_choices(current: str = "") -> list[tuple[str, str]]:
    """For a select: every project, and the one that is chosen where there is none of that name."""
    known = Places().projects
    named = [(slug, slug if slug == name.lower() else f"{slug} ({name})") for slug, name in known.items()]
    return [("", "Every project"), *named, *_missing(current, known)]


def environment_choices(current: str = "") -> list[tuple[str, str]]:
    """For a select: the environments of all projects with their aliases, and the one that is chosen where there is none
    of that name."""
    known = Places().environments()
    named = [(name, f"{name} (also {', '.join(aliases)})" if aliases else name) for name, aliases in known.items()]
    return [("", "Every environment"), *named, *_missing(current, known)]


def _missing(current: str, known: dict[str, str] | dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(current, f"{current} (does not exist)")] if current and current not in known else []
