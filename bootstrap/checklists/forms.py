"""What people send with an act."""

from __future__ import annotations

from django import forms


class ActForm(forms.Form):
    """A note, a link to evidence, and how many acts on the item the sender had seen."""

    seen = forms.IntegerField(min_value=0)
    note = forms.CharField(required=False, max_length=2000)
    link = forms.URLField(required=False, max_length=500, assume_scheme="https")

    @property
    def evidence(self) -> dict[str, str]:
        """What is kept beside the note."""
        link = self.cleaned_data["link"]
        return {"link": link} if link else {}
