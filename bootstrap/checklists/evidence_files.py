"""Files given as evidence, judged as every file that people add (`opsconsole.lib.web.attachments`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bootstrap.checklists.models import EvidenceFile, Item, Run
from bootstrap.checklists.refusals import FileRefused
from opsconsole.accounts.models import User
from opsconsole.lib.web import attachments
from opsconsole.lib.web.attachments import Attachment, AttachmentError


def read_attachment(name: str, content: bytes, most: int) -> Attachment:
    """The file `name` as evidence; `most` is the limit of its size in bytes. Raises FileRefused."""
    try:
        return attachments.read_attachment(name, content, most)
    except AttachmentError as error:
        raise FileRefused(str(error)) from None


def as_evidence(file: Attachment, pk: int) -> dict[str, Any]:
    """What the sign-off's evidence says of the file stored under id `pk`; the sign-off's hash covers it."""
    return {"id": pk, "name": file.name, "size": len(file.content), "sha256": file.sha256}


def store(file: Attachment, run: Run, item: Item, by: User, at: datetime) -> EvidenceFile:
    """Store the file. Call in the transaction of the act that names it."""
    return EvidenceFile.objects.create(
        run=run,
        item=item,
        name=file.name,
        content_type=file.content_type,
        size=len(file.content),
        sha256=file.sha256,
        content=file.content,
        by=by,
        at=at,
    )
