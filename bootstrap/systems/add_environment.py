"""Add an environment with its usual aliases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from bootstrap.systems.environment_names import tidy_aliases, usual_aliases
from bootstrap.systems.models import Environment, System


def add_environment(system: System, slug: str, name: str = "", aliases: Sequence[str] = ()) -> Environment:
    """A new environment; without `aliases` it gets the usual ones that no other environment of the system has.

    Raises ValidationError with what is wrong with the slug, or which environment has that name.
    """
    with transaction.atomic():
        list(System.objects.select_for_update(of=("self",), no_key=True).filter(pk=system.pk))
        made = Environment(system=system, slug=slug, name=name or slug.capitalize())
        usual = usual_aliases(slug, taken=names_in(system.environments.all()))
        made.aliases = tidy_aliases(aliases, slug) or usual
        made.full_clean()
        made.save()
        return made


def names_in(environments: Iterable[Environment]) -> set[str]:
    """All names of the environments, folded."""
    return {name for each in environments for name in each.names}
