"""The dead-man URL: an external service that is pinged each minute while the console is well, and tells people when the
pings stop. It is the one way to tell of a console that cannot tell anything itself."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from detections.rules.self_check_models import SelfWatch
from opsconsole.env.outbound_url import parse_url
from opsconsole.lib.outbound.client import OutboundError, request

logger = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=10)
ANSWER = 1024  # bytes that are read of an answer


def ping(failures: Sequence[str], now: datetime) -> None:
    """Pings the URL of OPSCONSOLE_DEADMAN_URL, or says in the log why not: `failures` stop it. Keeps whether it was
    reached, and raises nothing because of it."""
    url = settings.DEADMAN_URL
    if not url:
        return
    if failures:
        logger.error("the dead-man URL is not pinged: %s", "; ".join(failures))
        return
    if error := _get(url):
        logger.error("the dead-man URL was not reached: %s", error)
        SelfWatch.objects.filter(pk=SelfWatch.ONLY).update(ping_error=error)
    else:
        SelfWatch.objects.filter(pk=SelfWatch.ONLY).update(pinged_at=now, ping_error="")


def _get(url: str) -> str:
    """Why the ping did not arrive; empty where it did. The path of the URL, which is a secret, is not told."""
    try:
        answer = request("GET", url, allow=settings.OUTBOUND_ALLOW, timeout=TIMEOUT, limit=ANSWER)
    except OutboundError as error:
        return str(error)[:300]
    return "" if 200 <= answer.status < 300 else f"{parse_url(url).host} answered {answer.status}"
