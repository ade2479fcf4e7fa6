"""What gates and runs share: the target that an address names, and who may act on it."""

from __future__ import annotations

from django.http import HttpRequest

from detections.probes.models import ProbeTarget
from opsconsole.accounts.bearer import caller
from opsconsole.accounts.models import ApiToken
from opsconsole.lib.lookup import find
from opsconsole.lib.web.problem import ProblemError


def target_named(slug: str) -> ProbeTarget:
    """Raises NotFound, which suggests names."""
    return find(ProbeTarget.objects.all(), "probe target", slug)


def allowed_to(request: HttpRequest, permission: str, act: str) -> ApiToken:
    """The token, whose owner has the permission. Raises ProblemError 403."""
    token = caller(request)
    if not token.owner.has_perm(f"detections.{permission}"):
        raise ProblemError(403, f"{token.owner} may not {act}; a responder may.")
    return token
