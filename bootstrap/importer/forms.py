"""The form of an import: a file or a text, for an existing system or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from bootstrap.importer.markdown.block_edits import Edit, edits_in, splice
from bootstrap.importer.markdown.decode import ALLOWED, LARGEST, NotARunbook, decode
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.destination import ALLOWED_SLUG, SLUG
from bootstrap.importer.store.import_text import Wanted
from bootstrap.importer.text_to_runbook import read_text, refuse_empty
from opsconsole.lib.web.upload_names import check_name

# Characters: about 0.3 s on one core; a long runbook has 22,000.
SHORT = 100_000
# Characters: a preview of more takes too long; it is stored in the background without one.
LONGEST_PREVIEW = 1_000_000


class ImportForm(forms.Form):
    """After validation `source` is the text and `runbook` what was parsed from it.

    A long text to be stored, and one too long for a preview, is not parsed yet. `edits` are the changed blocks of the
    preview, `refused` those of them whose lines have changed since.
    """

    file = forms.FileField(
        required=False,
        validators=[check_name],
        help_text="Markdown, UTF-8; a text below is used when there is none.",
    )
    text = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}), strip=False
    )
    system = forms.SlugField(
        required=False, max_length=50, help_text="Empty: the system that the text names; a new one is made."
    )
    slug = forms.SlugField(
        label="Runbook",
        required=False,
        max_length=100,
        allow_unicode=True,
        help_text="Empty: the runbook of the same title, or a new one. The name of another in addresses: this text "
        "becomes its next version.",
    )

    source: str
    runbook: ParsedRunbook
    file_name: str
    edits: Sequence[Edit] = ()
    refused: Sequence[Edit] = ()

    @property
    def is_long(self) -> bool:
        """Whether parsing and storing it takes too long for a request."""
        return len(self.source) > SHORT

    @property
    def is_endless(self) -> bool:
        """Whether it is too long for a preview."""
        return len(self.source) > LONGEST_PREVIEW

    @property
    def is_to_be_stored(self) -> bool:
        """Whether to store it now; edited blocks are shown in a preview first."""
        return ("save" in self.data or "decide" in self.data) and not self.edits

    @property
    def wanted(self) -> Wanted:
        """Where the text is to go: what a button chose comes before the field."""
        given = self.cleaned_data
        slug = str(self.data.get("decide") or given.get("slug") or "")
        return Wanted(given.get("system") or "", slug=slug, undo_edits="undo_edits" in self.data)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "file" in self.errors:  # what else there is to say is of a text that was not meant
            return data
        if self.wanted.slug and not SLUG.fullmatch(self.wanted.slug):
            self.add_error("slug", f"“{self.wanted.slug[:60]}” cannot name a runbook: {ALLOWED_SLUG}.")
        try:
            self.file_name, given = _given(data)
            self.source = decode(given, self.file_name)
            self._take_edits()
            if not self.is_endless and not (self.is_long and self.is_to_be_stored):
                self.runbook = read_text(self.source)
                if self.is_to_be_stored:
                    refuse_empty(self.runbook)
        except NotARunbook as refusal:
            raise forms.ValidationError(f"{refusal} A runbook is {ALLOWED}.") from None
        return data

    def _take_edits(self) -> None:
        """Put the blocks that were edited into the text."""
        self.edits = edits_in(dict(self.data.items()))
        if self.edits:
            text, self.refused = splice(self.source, self.edits)
            self.source = decode(text.encode(), self.file_name)


def _given(cleaned: dict[str, Any]) -> tuple[str, bytes]:
    """The name and the bytes of the file (one more than is allowed at most), else the bytes of the text."""
    file: UploadedFile | None = cleaned.get("file")
    if file is None:
        return "", str(cleaned.get("text") or "").encode()
    return file.name or "", file.read(LARGEST + 1)
