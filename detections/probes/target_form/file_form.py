"""A file of a target, or one of those that come with the console, to start a new target from."""

from __future__ import annotations

from typing import Any

from django import forms

from detections.probes.target_form import written
from detections.probes.target_form.from_file import CHECKLISTS, MOST_BYTES, TEMPLATES, read_file


class FileForm(forms.Form):
    """Gives `given`: what the file has, checked by the probe; of a template `checklist`: what it opens."""

    template = forms.ChoiceField(
        required=False,
        label="Start with",
        widget=forms.RadioSelect,
        choices=[*((name, words) for name, (words, _) in TEMPLATES.items()), ("", "A file or a text:")],
    )
    file = forms.FileField(
        required=False, help_text="JSON, as Export gives it: for --target of the command and for this."
    )
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "vLargeTextField"}),
        help_text='The same, pasted, e.g. {"name": "shop-health", "base": "https://shop.example.com", …}',
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ways = {name for name in ("template", "file", "text") if data.get(name)}
        if self.errors:
            return data
        if len(ways) != 1:
            self.add_error(None, "Choose one: a template, a file or a text.")
            return data
        if template := data.get("template"):
            return {**data, "given": TEMPLATES[template][1], "checklist": CHECKLISTS.get(template, "")}
        way = ways.pop()
        raw = data["file"].read(MOST_BYTES + 1) if way == "file" else data["text"].encode()
        try:
            data["given"] = read_file(raw)
        except written.CannotRead as error:
            self.add_error(way, str(error))
        return data
