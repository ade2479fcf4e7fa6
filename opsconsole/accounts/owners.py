"""Owners by name: finds them for texts that name them, and makes those of people and of the shipped content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse

from opsconsole.accounts.models import Owner, User
from opsconsole.lib.db.storable import storable

# Those whom the shipped rules name. When each of them is called is said by each rule.
SHIPPED: Mapping[str, str] = MappingProxyType(
    {
        "sre-agent": "First response of the shipped rules",
        "security-agent": "Called where input looks hostile",
        "feature-developer": "Called for a regression in a feature's code",
    }
)


@dataclass(frozen=True)
class NamedOwner:
    """A name in a text, with the owner whom it names; None where nobody has that name."""

    name: str
    owner: Owner | None

    @property
    def bound_to(self) -> str:
        """The person or the group; '' where nobody is bound to the name."""
        return self.owner.bound_to if self.owner else ""

    @property
    def admin_url(self) -> str:
        """Where the name is bound to somebody, in the admin."""
        if self.owner is not None:
            return reverse("admin:accounts_owner_change", args=[self.owner.pk])
        return f"{reverse('admin:accounts_owner_add')}?{urlencode({'name': self.name})}"


def by_name(names: Iterable[str]) -> dict[str, NamedOwner]:
    """By name the owners whom texts name, also for names that nobody has. One query; none without a name."""
    wanted = {name for name in names if name}
    if not wanted:
        return {}
    found = {owner.name: owner for owner in Owner.objects.select_related("user", "group").filter(name__in=wanted)}
    return {name: NamedOwner(name, found.get(name)) for name in wanted}


@transaction.atomic
def of_person(user: User) -> Owner:
    """The owner that is this person, under the user name; made, or bound where nobody was, if there is none."""
    name = user.get_username()
    mine = Owner.objects.filter(user=user, name__in=[name, f"{name} (person)"]).order_by("name").first()
    if mine is not None:
        return mine
    owner, _ = Owner.objects.get_or_create(name=name, defaults={"user": user})
    if owner.user_id is None and owner.group_id is None:
        owner.user = user
        owner.save(update_fields=["user"])
    if owner.user_id != user.pk:  # the name of somebody else
        owner, _ = Owner.objects.get_or_create(name=f"{name} (person)", defaults={"user": user})
    return owner


def find(name: str) -> Owner | None:
    """The owner of that name, else that of the person with that user name; None where there is neither, as for a name
    that PostgreSQL cannot store."""
    if not storable(name):
        return None
    owner = Owner.objects.select_related("user", "group").filter(name=name).first()
    if owner is not None:
        return owner
    person = User.objects.filter(username=name, is_active=True).first()
    return of_person(person) if person is not None else None


def is_behind(user: User, owner: Owner) -> bool:
    """Whether the user is the owner's person or a member of its group. At most one query."""
    if owner.group_id is not None:
        return user.groups.filter(pk=owner.group_id).exists()
    return owner.user_id is not None and owner.user_id == user.pk


def load() -> list[str]:
    """Creates the shipped owners that are missing, bound to nobody, and returns their names."""
    created = []
    for name, description in SHIPPED.items():
        _, new = Owner.objects.get_or_create(name=name, defaults={"description": description})
        if new:
            created.append(name)
    return created
