"""What people send about systems: `required-config-vars.yaml` as a file or a text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from bootstrap.systems.config.file_schema import LARGEST, ConfigFile, ConfigFileError, read


class ManifestForm(forms.Form):
    """After validation `found` is what the file says, and the text is in the form whichever way it came."""

    file = forms.FileField(required=False, help_text="YAML, UTF-8; a text below is used when there is none.")
    text = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}), strip=False
    )

    content: ConfigFile
    source: str

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.source = _text(data)
        if not self.source.strip():
            raise forms.ValidationError("Choose a file or paste its text.")
        try:
            self.content = read(self.source)
        except ConfigFileError as error:
            raise forms.ValidationError(sentences(error)) from None
        return data


def sentences(error: ConfigFileError) -> list[str]:
    """Each of its lines as a sentence."""
    return [f"{line[:1].upper()}{line[1:]}." for line in str(error).splitlines()]


def _text(data: dict[str, Any]) -> str:
    file = data.get("file")
    if not isinstance(file, UploadedFile):
        return str(data.get("text") or "")
    if (file.size or 0) > 4 * LARGEST:  # bytes of one character at most
        raise forms.ValidationError("The file is larger than a list of variables ever is.")
    try:
        content: bytes = file.read()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise forms.ValidationError("The file is no text in UTF-8.") from None
