"""Who has a right, in words, for those who do not have it."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db.models import Q

from opsconsole.accounts.models import User

MOST_NAMED = 5


def who_may(permission: str) -> str:
    """The groups with `permission` (`app.codename`) and some of the people who have it, e.g. `the group Admin (ada)`.

    Three statements at most; empty where nobody has it.
    """
    label, _, codename = permission.partition(".")
    groups = list(Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=label))
    own = Q(user_permissions__codename=codename, user_permissions__content_type__app_label=label)
    people = User.objects.filter(Q(is_superuser=True) | Q(groups__in=groups) | own, is_active=True).distinct()
    names = [str(name) for name in people.order_by("username").values_list("username", flat=True)[: MOST_NAMED + 1]]
    more = ["others"] if len(names) > MOST_NAMED else []
    named = ", ".join([*names[:MOST_NAMED], *more])
    of_groups = " and ".join(sorted(f"the group {group.name}" for group in groups))
    return f"{of_groups} ({named})" if of_groups and named else of_groups or named
