"""Report tokens: created, verified, revoked. Only their hashes are stored."""

from __future__ import annotations

import secrets
from datetime import datetime

from bootstrap.config_health.models import ReportToken
from bootstrap.systems.models import Deployment
from opsconsole.accounts.models import User
from opsconsole.accounts.tokens import HINT_LENGTH, LAST_USED_INTERVAL, RANDOM_BYTES, REPORT_PREFIX, hash_token

PERMISSION = "bootstrap.add_reporttoken"


def create(deployment: Deployment, by: User | None, now: datetime) -> tuple[ReportToken, str]:
    """A new token and its text, which is not stored. `by` is None for one made on the command line."""
    text = REPORT_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token = ReportToken.objects.create(
        deployment=deployment, created_by=by, created_at=now, token_hash=hash_token(text), hint=text[:HINT_LENGTH]
    )
    return token, text


def verify(text: str, now: datetime) -> ReportToken | None:
    """The token with this text and its deployment; None when unknown or revoked.

    It belongs to the deployment and stays valid when the account of who made it is closed.
    """
    known = ReportToken.objects.select_related("deployment__app", "deployment__environment__system")
    token = known.filter(token_hash=hash_token(text), revoked_at__isnull=True).first()
    if token and (token.last_used_at is None or now - token.last_used_at >= LAST_USED_INTERVAL):
        ReportToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ReportToken, now: datetime) -> None:
    """Make the token invalid from the next request on, in every process: tokens are not cached."""
    ReportToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)
