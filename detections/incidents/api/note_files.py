"""The files of a note that comes as a form: the same kinds and limits as on the incident's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from detections.incidents.timeline.notes import MOST_FILES
from opsconsole.lib.web.attachments import ALLOWED, Attachment, AttachmentError, read_attachment
from opsconsole.lib.web.problem import ProblemError

FILES = "files"
FIELDS = ("text", "at", "key")
# Beside the JSON body, which the schema of the operation describes.
FORM_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["text"],
                    "properties": {
                        "text": {"type": "string", "description": "Markdown; required, at most 20,000 characters."},
                        "at": {"type": "string", "format": "date-time", "description": "When it happened; empty: now."},
                        "key": {"type": "string", "format": "uuid", "description": "As in JSON."},
                        FILES: {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "maxItems": MOST_FILES,
                            "description": f"{ALLOWED}; together at most OPSCONSOLE_EVIDENCE_MAX_FILE. They stay.",
                        },
                    },
                }
            }
        }
    }
}


def files_of(request: HttpRequest) -> list[Attachment]:
    """The files of the request's form; none of a JSON body.

    Raises ProblemError 422 for a file that is not kept, and for one under another name; the schema refuses other
    fields."""
    if request.content_type != "multipart/form-data":
        return []
    refuse_unknown(request.FILES, [FILES])
    most = settings.EVIDENCE_MAX_FILE
    try:
        return [read_attachment(each.name or "", each.read(most + 1), most) for each in request.FILES.getlist(FILES)]
    except AttachmentError as error:
        raise ProblemError(422, f"{FILES}: {error}.") from None


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """What would be ignored is said."""
    for name in given:
        if name not in known:
            allowed = ", ".join((*FIELDS, f"{FILES} (files)"))
            raise ProblemError(422, f"body.{name[:100]!r}: a note has no such field; allowed: {allowed}.")
