"""Files that people add to what they write: their type is determined by content, only a few are accepted (no ORM)."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from opsconsole.lib.text.secrets import looks_secret
from opsconsole.lib.text.visible import name_refusal

ALLOWED = "PNG, JPEG, PDF, JSON, or plain text (markdown, logs) in UTF-8"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"%PDF-", "application/pdf"),
)
TEXT, JSON = "text/plain", "application/json"
# Text that a browser would run. Comments and white space may come before it.
_MARKUP = re.compile(r"<(?:!doctype|\?xml|html|head|body|script|svg|iframe|object|embed|style|math)\b", re.I)
_BLANKS = re.compile(r"\s*")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # ESC stays: logs have colours
# Endings of names by type; the first replaces one that says otherwise, such as `.html` of a picture.
_ENDINGS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "application/pdf": ("pdf",),
    JSON: ("json", "txt", "log", "ndjson", "map", "har"),
    TEXT: (
        *("txt", "log", "md", "csv", "tsv", "json", "ndjson", "yaml", "yml", "toml", "ini", "conf", "cfg", "env"),
        *("out", "err", "diff", "patch", "sql", "rst", "tf", "properties"),
    ),
}
_ODD = re.compile(r"[^\w.() -]+")


class AttachmentError(ValueError):
    """The file is not kept; `str()` is a sentence for its owner, without a full stop."""


@dataclass(frozen=True)
class Attachment:
    """A file that is accepted: its cleaned name, its type by content, its bytes."""

    name: str
    content_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_attachment(name: str, content: bytes, most: int) -> Attachment:
    """The file `name`; `most` is the limit of its size in bytes.

    Raises AttachmentError where it is too large, of another type than ALLOWED, looks like a secret, or has a name that
    is not shown as it is written.
    """
    if refusal := name_refusal(name):
        raise AttachmentError(refusal)
    if len(content) > most:
        raise AttachmentError(f"{clean_name(name)} is larger than {most / 1024 / 1024:.3g} MB")
    kind = next((kind for start, kind in _SIGNATURES if content.startswith(start)), None) or _text_kind(content)
    if kind is None:
        raise AttachmentError(f"{clean_name(name)} is of a kind that is not kept; allowed: {ALLOWED}")
    if kind in (TEXT, JSON) and (what := looks_secret(content.decode("utf-8-sig"))):
        raise AttachmentError(f"{clean_name(name)} looks like it holds a secret: {what}")
    return Attachment(name_of_type(clean_name(name), kind), kind, content)


def download(name: str, content_type: str, content: bytes) -> HttpResponse:
    """A kept file as an answer that is saved, and never rendered or run in the console's own origin."""
    kind = f"{content_type}; charset=utf-8" if content_type.startswith("text/") else content_type
    name = name_of_type(name, content_type)  # also of files older than the check of names
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def clean_name(name: str) -> str:
    """The name without folders and unusual characters, cut to 100 characters; the extension is kept."""
    base = _ODD.sub("_", re.split(r"[/\\]", name)[-1]).lstrip(". ") or "file"
    stem, dot, ending = base.rpartition(".")
    return base if len(base) <= 100 else f"{(stem or base)[:80]}{dot}{ending[:19]}"[:100]


def name_of_type(name: str, content_type: str) -> str:
    """The name, with an ending that fits the type: `a.html` that is a picture becomes `a.png`."""
    endings = _ENDINGS[content_type]
    stem, dot, ending = name.rpartition(".")
    if not dot:
        return f"{name[:95]}.{endings[0]}"
    return name if ending.lower() in endings else f"{stem[:95] or 'file'}.{endings[0]}"


def _text_kind(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if not text or text.startswith("#!") or _CONTROLS.search(text) or _is_markup(text):
        return None
    return JSON if text.lstrip()[:1] in ("{", "[") and _is_json(text) else TEXT


def _is_markup(text: str) -> bool:
    """Whether the text begins as markup, after comments and white space.

    Skipped in a loop: a single pattern for any number of both would backtrack without bound.
    """
    start = _after_blanks(text, 0)
    while text.startswith("<!--", start) and (end := text.find("-->", start + 4)) >= 0:
        start = _after_blanks(text, end + 3)
    return _MARKUP.match(text, start) is not None


def _after_blanks(text: str, start: int) -> int:
    blanks = _BLANKS.match(text, start)
    return blanks.end() if blanks else start


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
