"""Gates over the API: a deploy asks whether a rollout may go on; people and scripts freeze it and let it go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from detections.probes.api.acting import allowed_to, target_named
from detections.probes.api.items import as_freeze, as_gate
from detections.probes.api.schemas import FreezeConflictOut, FreezeIn, GateClosedOut, GateOut, ProbeFreezeOut
from detections.probes.gate import FreezeConflict, FreezeRefused, freeze, gate_of, unfreeze
from detections.probes.models import ProbeFreeze, ProbeTarget
from opsconsole.accounts.bearer import WriteBearer, actor
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Page, Paged, Problem
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

gates = Router(tags=["gates"])
ACTED = {200: GateOut, 403: Problem, 404: Problem, 409: FreezeConflictOut, 422: Problem}


@gates.get(
    "/{slug:slug}/",
    response={200: GateOut, 404: Problem, 423: GateClosedOut},
    url_name="gate",
    summary="Whether a rollout may go on",
)
def ask_gate(request: HttpRequest, slug: str) -> dict[str, Any]:
    """200 where it may. 423 with reasons where it is frozen, a high check triggered in the newest run that is done, or
    no run ended within three intervals. Any other answer, and none, means that it is not known: do not go on."""
    target, now = target_named(slug), clock.now()
    state = gate_of(target, now)
    answer = as_gate(target, state, now)
    if not state.is_open:
        raise ProblemError(423, " ".join(f"{each.sentence.rstrip('.')}." for each in state.reasons), **answer)
    return answer


@gates.post("/{slug:slug}/freeze/", auth=WriteBearer(), response=ACTED, summary="Freeze a rollout")
def freeze_gate(request: HttpRequest, slug: str, body: FreezeIn) -> dict[str, Any]:
    """The gate is closed until somebody lets it go. 409 where it is frozen already."""
    return _change(request, slug, body, freeze)


@gates.post("/{slug:slug}/unfreeze/", auth=WriteBearer(), response=ACTED, summary="Let a frozen rollout go")
def unfreeze_gate(request: HttpRequest, slug: str, body: FreezeIn) -> dict[str, Any]:
    """Other reasons for which the gate is closed hold all the same. 409 where it is not frozen."""
    return _change(request, slug, body, unfreeze)


@gates.get(
    "/{slug:slug}/history/",
    response={200: Page[ProbeFreezeOut], 404: Problem, 422: Problem},
    url_name="gate_history",
    summary="Who froze a rollout and let it go",
)
def gate_history(request: HttpRequest, slug: str, asked: Query[Paged]) -> dict[str, Any]:
    """Newest first."""
    rows, following = page(request, target_named(slug).freezes.all(), (("id", int),))
    return {"items": [as_freeze(row) for row in rows], "next": following}


def _change(request: HttpRequest, slug: str, body: FreezeIn, act: Callable[..., ProbeFreeze]) -> dict[str, Any]:
    token = allowed_to(request, "add_probefreeze", "freeze rollouts or let them go")
    target, now = target_named(slug), clock.now()
    try:
        act(target, token.owner, body.reason, now, actor(token))
    except FreezeConflict as conflict:
        raise ProblemError(409, str(conflict), gate=as_gate(target, gate_of(target, now), now)) from None
    except ProbeTarget.DoesNotExist:  # removed in the meantime
        raise NotFound("probe target", slug) from None
    except FreezeRefused as refused:
        raise ProblemError(422, f"reason: {refused}") from None
    return as_gate(target, gate_of(target, now), now)
