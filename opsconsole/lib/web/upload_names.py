"""Names of uploaded files as they were sent, for forms to judge (no ORM).

Django's parser removes what cannot be printed, so that a name which reads backwards is kept as another name and nobody
is told.
"""

from __future__ import annotations

import html
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser

from opsconsole.lib.text.visible import name_refusal


class NamesAsSentHandler(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS: parses a form for the others, and keeps the names."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> Any:
        """Fields and files of the form, as Django's own parser returns them."""
        assert self.request is not None
        others = [handler for handler in self.request.upload_handlers if handler is not self]
        return _Parser(META, input_data, others, encoding).parse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class _Parser(MultiPartParser):
    def sanitize_file_name(self, file_name: str) -> str | None:
        """The name without folders; None where nothing is left. NUL becomes U+FFFD: no temporary file may have it."""
        name = html.unescape(file_name).rsplit("/")[-1].rsplit("\\")[-1].replace("\0", "\ufffd")
        return None if name in {"", ".", ".."} else name


def check_name(file: UploadedFile) -> None:
    """A validator of file fields. Raises ValidationError for a name that is not shown as it is written."""
    if refusal := name_refusal(file.name or ""):
        raise ValidationError(f"{refusal}.")
