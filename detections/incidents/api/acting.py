"""Acts of a token's owner on an incident, with their errors as problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Query

from detections.incidents.action_models import ActionItem
from detections.incidents.actions.acts import ActionConflict
from detections.incidents.api.items import as_action, as_item, incident_rows
from detections.incidents.models import Incident
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.accounts import owners
from opsconsole.accounts.bearer import caller
from opsconsole.accounts.models import ApiToken, Owner
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.problem import ProblemError

Act = Callable[..., Incident]
Value = TypeVar("Value")
CLOSED = Incident.Status.CLOSED
Seen = Annotated[int | None, Query(description="The revision that you saw; when it has moved on, the answer is 409.")]


def one(incident_id: int) -> Incident:
    """The incident. Raises NotFound."""
    found = incident_rows().filter(pk=incident_id).first()
    if found is None:
        raise NotFound("incident", incident_id)
    return found


def allowed(request: HttpRequest, permission: str, incident_id: int | None = None) -> ApiToken:
    """The token, whose owner has the permission, and where the incident is closed may change such. Raises ProblemError
    403, and NotFound."""
    token = caller(request)
    if not token.owner.has_perm(f"detections.{permission}"):
        raise ProblemError(403, f"{token.owner} may not do this with incidents; a responder may.")
    if incident_id is None:
        return token
    if one(incident_id).status == CLOSED and not token.owner.has_perm("detections.edit_closed_incident"):
        raise ProblemError(403, f"INC-{incident_id} is closed, and {token.owner} may not change closed incidents.")
    return token


@contextmanager
def as_problems(incident_id: int) -> Iterator[None]:
    """Turns what an act raises into 403, 404, 409 and 422."""
    try:
        yield
    except Incident.DoesNotExist:
        raise NotFound("incident", incident_id) from None
    except ActionItem.DoesNotExist:
        raise NotFound("action item of this incident") from None
    except IncidentConflict as conflict:
        raise ProblemError(409, conflict.message, incident=as_item(one(conflict.incident.pk))) from None
    except ActionConflict as conflict:
        raise ProblemError(409, conflict.message, action=as_action(conflict.item)) from None
    except PermissionDenied as denied:
        raise ProblemError(403, str(denied)) from None
    except IncidentInputError as error:
        raise ProblemError(422, str(error)) from None


def owner_named(field: str, name: str) -> Owner:
    """Raises ProblemError 422 where nobody has that name."""
    owner = owners.find(name) if name else None
    if owner is None:
        raise ProblemError(
            422, f"{field}: there is no owner and no user {name!r}; /admin/accounts/owner/ has the owners."
        )
    return owner


def required(field: str, value: Value | None, incident_id: int) -> Value:
    """The value. Raises NotFound for an incident that is not there, and ProblemError 422 where the value is missing: an
    id of nothing is 404, whatever else is missing."""
    if value is None:
        one(incident_id)
        raise ProblemError(422, f"{field}: required.")
    return value
