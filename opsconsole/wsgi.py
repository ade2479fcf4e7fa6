"""WSGI entry point: the ingest endpoints answer in front of Django, everything else is Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
application = get_wsgi_application()
