"""WSGI entry point: ingest endpoints are served before Django, everything else by Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
_django = get_wsgi_application()

from django.conf import settings  # noqa: E402  (settings and apps are ready from here on)

from detections.ingest.http.wsgi import IngestApplication  # noqa: E402
from detections.ingest.protocol.accept import BodyLimits  # noqa: E402

_limits = BodyLimits(settings.INGEST_MAX_EVENT, settings.INGEST_MAX_ENVELOPE)
application = IngestApplication(_django, _limits)
