"""The groups of users and their permissions."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from opsconsole.accounts.models import User

DOMAIN = ("bootstrap", "detections")


@dataclass(frozen=True)
class Role:
    """A group. Every group may view everything; `allowed` adds permission codenames, `everything` all of DOMAIN."""

    name: str
    allowed: tuple[str, ...] = ()
    everything: bool = False


INCIDENTS = ("add_incident", "change_incident", "command_incident", "close_incident")
PROBES = ("add_proberun", "add_probefreeze")  # run now; freeze and let go

ROLES = (
    Role("Viewer"),
    Role("Responder", ("change_alert", "change_issue", "add_exclusion", "change_exclusion", *PROBES, *INCIDENTS)),
    Role("Rule editor", ("add_rule", "change_rule", "add_ruleversion", "add_exclusion", "change_exclusion")),
    Role(
        "Checklist signer",
        (
            *("add_signoff", "add_run", "change_run", "add_runschedule", "change_runschedule"),
            *("add_runbookversion", "add_posture", "change_posture"),
        ),
    ),
    Role("Admin", everything=True),
)


def is_member(user: User) -> bool:
    """Whether the user has any permission in DOMAIN, through a group or directly. Two queries, cached on the user."""
    return user.is_superuser or any(user.has_module_perms(label) for label in DOMAIN)


@transaction.atomic
def load() -> list[str]:
    """Create missing groups and return their names. Existing groups keep their permissions, and get those for models
    that came with an upgrade: no group has any for these yet."""
    known = set(Permission.objects.filter(group__isnull=False).values_list("content_type", flat=True))
    created = []
    for role in ROLES:
        group, new = Group.objects.get_or_create(name=role.name)
        if new:
            created.append(role.name)
        group.permissions.add(*(each for each in _permissions(role) if new or each.content_type_id not in known))
    return created


def _permissions(role: Role) -> list[Permission]:
    named = Q() if role.everything else Q(codename__startswith="view_") | Q(codename__in=role.allowed)
    owners = Q(content_type__app_label="accounts", content_type__model="owner")  # whom texts of both rooms name
    return list(Permission.objects.filter(named, Q(content_type__app_label__in=DOMAIN) | owners))
