"""The names that an environment goes by: how they are compared, and which are usual (pure).

People call one environment prod, their SDK says production. An environment that lacks the alias would stay without
events while everything about it looks well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

# The first of each group is the slug that this console's own content uses; the others mean the same.
USUAL = (
    ("prod", "production", "live", "prd"),
    ("staging", "stage", "stg"),
    ("preprod", "pre-prod", "preproduction", "pre-production"),
    ("dev", "development", "local"),
    ("test", "testing", "qa"),
)


def folded(name: str) -> str:
    """The form in which names are compared: events say `Production` or `production ` of one environment."""
    return name.strip().lower()


def usual_aliases(slug: str, taken: Collection[str] = ()) -> list[str]:
    """The other usual names of an environment, without those that are `taken` (folded); none for an unusual slug."""
    own = folded(slug)
    group = next((names for names in USUAL if own in names), ())
    return [name for name in group if name != own and name not in taken]


def tidy_aliases(aliases: Iterable[str], slug: str) -> list[str]:
    """The aliases folded, each once, in their order, without empty ones and the slug itself."""
    names = dict.fromkeys(folded(alias) for alias in aliases)
    return [name for name in names if name and name != folded(slug)]
