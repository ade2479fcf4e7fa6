"""Limits on wrong passwords, counted in PostgreSQL: for an account from one address, and for the address.

Counted for the pair, so that nobody can lock another person out: whoever guesses from elsewhere locks their own
address, for that account, and the person signs in from theirs. The bound of an address is wider, since many people may
share one; it stops the guessing of many accounts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_network

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from opsconsole.accounts.models import FailedLogin, User
from opsconsole.proxies import plain_ip

WINDOW = timedelta(minutes=5)
PER_PAIR = 5
PER_ADDRESS = 50
KEPT = timedelta(days=1)
_LONGEST_NAME = 254  # of a user name or mail address; longer text is nobody's
_PREFIX = 64  # bits of an IPv6 address that belong to one customer


class LockedOut(Exception):
    """Too many wrong passwords. `until` is when the next attempt is allowed; `wide`: for every account."""

    def __init__(self, until: datetime, *, wide: bool) -> None:
        super().__init__(f"locked until {until}")
        self.until = until
        self.wide = wide


def begin(name: str, address: str, now: datetime) -> list[FailedLogin]:
    """Count an attempt to sign in, once for each account whose password is tried; `forgive` it if one is right. Raises
    LockedOut, also where only one of these accounts is locked.

    It is counted before the password is checked, and attempts from one address one after another, so that many at the
    same time are not more guesses. A refused attempt is not counted: a lock ends at the time that it named.
    """
    tried: dict[str, User | None] = {_digest(f"account {user.pk}"): user for user in _accounts(name)}
    tried = tried or {_digest(f"name {name.casefold()}"): None}
    place = network(address)
    _forget(now - KEPT)
    with transaction.atomic():
        _lock(place)
        recent = FailedLogin.objects.filter(address=place, at__gt=now - WINDOW).order_by("-at")
        for known_as in tried:
            _check(recent.filter(name_hash=known_as).values_list("at", flat=True), PER_PAIR, wide=False)
        _check(recent.values_list("at", flat=True), PER_ADDRESS, wide=True)
        return FailedLogin.objects.bulk_create(
            FailedLogin(name_hash=known_as, user=user, address=place, at=now) for known_as, user in tried.items()
        )


def forgive(attempt: list[FailedLogin]) -> None:
    """Uncount an attempt whose password was right."""
    FailedLogin.objects.filter(pk__in=[row.pk for row in attempt]).delete()


def network(address: str) -> str:
    """What one client's failures are counted for: the IPv4 address, or the /64 network of an IPv6 address.

    An IPv4 address within IPv6 (`::ffff:192.0.2.1`) is itself: the /64 of all of them is the same.
    """
    try:
        parsed = plain_ip(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _PREFIX), strict=False))
    return str(parsed)


def _accounts(name: str) -> list[User]:
    """The accounts that the name in other spellings, or the mail address, stands for: allauth tries the password of
    every account with this address, its own and those in its table, until one is right."""
    if len(name) > _LONGEST_NAME:
        return []
    named = Q(username__iexact=name) | Q(email__iexact=name) | Q(emailaddress__email__iexact=name)
    return list(User.objects.filter(named).distinct().order_by("pk"))


def _digest(text: str) -> str:
    """The name as a keyed hash: people type passwords into the wrong field."""
    return salted_hmac("opsconsole.failed_logins", text, algorithm="sha256").hexdigest()


def _check(newest_first: models.QuerySet[FailedLogin, datetime], limit: int, *, wide: bool) -> None:
    failures = list(newest_first[:limit])
    if len(failures) == limit:
        raise LockedOut(failures[-1] + WINDOW, wide=wide)


def _lock(place: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"failed logins {place}"])


def _forget(before: datetime) -> None:
    """Delete old rows, a bounded number; those that another attempt deletes now are left to it."""
    with transaction.atomic():
        old = FailedLogin.objects.filter(at__lt=before).select_for_update(skip_locked=True)[:1000]
        FailedLogin.objects.filter(pk__in=[row.pk for row in old]).delete()
