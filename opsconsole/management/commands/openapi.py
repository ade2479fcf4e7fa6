"""`manage.py openapi`: print the API's OpenAPI document for docs/openapi.json."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from opsconsole.api import api


class Command(BaseCommand):
    help = "Print the OpenAPI document. After a change of the API: bin/manage openapi > docs/openapi.json"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(api.get_openapi_schema(), indent=2, ensure_ascii=False))
