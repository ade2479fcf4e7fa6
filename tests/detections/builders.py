"""Small rows and payloads to test the pipeline with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from bootstrap.systems.models import App, Environment, System
from detections.ingest.models import Inbox
from detections.telemetry.models import Project, ProjectKey

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


def project(slug: str = "raptor", **fields: Any) -> Project:
    """A project of system and application of its name, with environment prod (alias production) and one key."""
    system = System.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "set_with": "heroku"})[0]
    app = App.objects.get_or_create(system=system, slug=slug, defaults={"name": slug.title()})[0]
    Environment.objects.get_or_create(
        system=system, slug="prod", defaults={"name": "Production", "aliases": ["production"]}
    )
    made, new = Project.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "app": app, **fields})
    if new:
        ProjectKey.objects.create(project=made)
    return made


def key(of: Project) -> str:
    return of.keys.all()[0].public_key


def event(**fields: Any) -> dict[str, Any]:
    """DET-BETA-003's kind of event: a RuntimeError of the token verifier on a preview route, without an id."""
    return {
        "platform": "python",
        "level": "error",
        "timestamp": NOON.isoformat(),
        "environment": "production",
        "transaction": "/api/beta/preview/synth-scraper-token-001/screen/1",
        "exception": {
            "values": [
                {
                    "type": "RuntimeError",
                    "value": "beta_token_verifier: Console returned 403",
                    "mechanism": {"type": "flask", "handled": False},
                    "stacktrace": {
                        "frames": [
                            {"module": "flask.app", "function": "wsgi_app", "lineno": 2525, "in_app": False},
                            {"module": "raptor.preview", "function": "screen", "lineno": 41, "in_app": True},
                        ]
                    },
                }
            ]
        },
        "request": {"method": "GET", "url": "https://raptor.example/api/beta/preview/synth-scraper-token-001/screen/1"},
        **fields,
    }


def envelope(*items: tuple[str, Any], **headers: Any) -> bytes:
    """An envelope of (type, payload) items; payloads are objects, or bytes as they are."""
    lines = [json.dumps({"sent_at": NOON.isoformat(), **headers}).encode()]
    for kind, payload in items:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(body)}).encode(), body]
    return b"\n".join(lines) + b"\n"


def inbox(of: Project, body: bytes, event_id: UUID | None = None, **fields: Any) -> Inbox:
    """A row as the accept path leaves it."""
    defaults = {"format": Inbox.Format.ENVELOPE, "received_at": NOON, "encoding": "", "size": len(body)}
    return Inbox.objects.create(project=of, event_id=event_id or uuid4(), body=body, **{**defaults, **fields})


def arrive(of: Project, *events: dict[str, Any], at: datetime = NOON) -> None:
    """Events in the inbox, one envelope each, received at `at`."""
    for payload in events:
        inbox(of, envelope(("event", payload)), received_at=at)
