"""Forms that take `required-config-vars.yaml` and `.env.example` in, from a file or from pasted text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from bootstrap.systems.config.file_schema import LARGEST, ConfigFile, ConfigFileError, read
from bootstrap.systems.example.parse import Example, ExampleError, parse
from bootstrap.systems.models import App
from opsconsole.lib.web.upload_names import check_name


class ManifestForm(forms.Form):
    """After validation `content` is the parsed file and `source` its text, whether it was uploaded or pasted."""

    file = forms.FileField(
        required=False,
        validators=[check_name],
        help_text="YAML, UTF-8; a text below is used when there is none.",
    )
    text = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}), strip=False
    )

    content: ConfigFile
    source: str

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "file" in self.errors:  # what else there is to say is of a text that was not meant
            return data
        self.source = _text(data)
        if not self.source.strip():
            raise forms.ValidationError("Choose a file or paste its text.")
        try:
            self.content = read(self.source)
        except ConfigFileError as error:
            raise forms.ValidationError(sentences(error)) from None
        return data


class ExampleForm(forms.Form):
    """After validation `content` is the parsed `.env.example` and `source` its text."""

    file = forms.FileField(
        required=False,
        validators=[check_name],
        help_text="A .env.example, UTF-8; a text below is used when there is none.",
    )
    text = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}), strip=False
    )

    content: Example
    source: str

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "file" in self.errors:
            return data
        self.source = _text(data)
        if not self.source.strip():
            raise forms.ValidationError("Choose a file or paste its text.")
        try:
            self.content = parse(self.source)
        except ExampleError as error:
            raise forms.ValidationError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        return data


class ExampleImportForm(ExampleForm):
    """Also the application whose variables they are."""

    app = forms.ModelChoiceField(
        App.objects.select_related("system").order_by("system__slug", "slug"),
        label="Application",
        empty_label=None,
        error_messages={"invalid_choice": "There is no such application."},
    )
    field_order = ("app", "file", "text")


def sentences(error: ConfigFileError) -> list[str]:
    """Each line of the message as a sentence."""
    return [f"{line[:1].upper()}{line[1:]}." for line in str(error).splitlines()]


def _text(data: dict[str, Any]) -> str:
    file = data.get("file")
    if not isinstance(file, UploadedFile):
        return str(data.get("text") or "")
    if (file.size or 0) > 4 * LARGEST:  # a character has at most four bytes
        raise forms.ValidationError("The file is larger than a list of variables ever is.")
    try:
        raw: bytes = file.read()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise forms.ValidationError("The file is not text in UTF-8.") from None
