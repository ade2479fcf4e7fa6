"""Notes heads of the chain outside of the database: in the file of the data directory."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings

from bootstrap.checklists.audit import heads_file
from bootstrap.checklists.audit.chain_head import ChainHead
from bootstrap.checklists.models import SignOff

logger = logging.getLogger(__name__)


def head_at(last: SignOff, now: datetime) -> ChainHead:
    """The head that ends with this act."""
    return ChainHead(last.pk, last.hash, SignOff.objects.filter(pk__lte=last.pk).count(), now)


def current_head(now: datetime) -> ChainHead | None:
    """The head of the chain as it is; None without acts."""
    last = SignOff.objects.order_by("pk").last()
    return head_at(last, now) if last else None


def keep(head: ChainHead) -> bool:
    """Append the head to the file. False, and an error in the log, if that fails: the act itself is in the database."""
    try:
        heads_file.append(settings.AUDIT_HEADS_FILE, head)
    except OSError as error:
        logger.error("head of the chain of sign-offs not kept: %s", error, extra={"head": str(head)})
        return False
    return True
