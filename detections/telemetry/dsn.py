"""Data source names, by which an SDK finds its project (pure)."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def dsn(public_url: str, public_key: str, project_id: int) -> str:
    """`http(s)://<key>@<host>/<project id>`; a path prefix of `public_url` is kept before the id."""
    url = urlsplit(public_url)
    return urlunsplit((url.scheme, f"{public_key}@{url.netloc}", f"{url.path.rstrip('/')}/{project_id}", "", ""))
