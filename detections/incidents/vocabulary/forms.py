"""The form of what an incident was: its bug class and contributing factors, by name."""

from __future__ import annotations

from django import forms

from detections.incidents.models import Incident
from detections.incidents.record.write import IncidentInputError
from detections.incidents.vocabulary.words import NAME_LENGTH

NEW = ("factor_1", "factor_2", "factor_3")
OF_FIELD = {"factors": "factor_1", "bug_class": "bug_class"}


def _word(label: str, known: str, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput({"maxlength": NAME_LENGTH, "list": known, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=widget, help_text=help_text)


class WordsForm(forms.Form):
    """Names; one that is not there yet is made. Judged where they are written. Beside the fields, `kept` (several) has
    the incident's factors that stay."""

    bug_class = _word("Bug class", "known-bug-classes", "A new name is taken into the vocabulary; empty: none.")
    factor_1 = _word("Add contributing factors", "known-factors", "Of the vocabulary, or new ones.")
    factor_2 = _word("One more", "known-factors")
    factor_3 = _word("One more", "known-factors")

    @property
    def names(self) -> tuple[str, list[str]]:
        """The bug class, and the factors to be added, as they were typed: also what the field would not take is judged
        there, and not left out."""
        self.full_clean()
        return self.data.get("bug_class", ""), [self.data.get(name, "") for name in NEW]

    def refuse(self, error: IncidentInputError) -> None:
        """Shows the error at the field that it names."""
        name, _, sentence = str(error).partition(": ")
        self.add_error(OF_FIELD.get(name), sentence[:1].upper() + sentence[1:] if name in OF_FIELD else str(error))


def form_of(incident: Incident) -> WordsForm:
    """The form with what the incident has."""
    return WordsForm(initial={"bug_class": incident.bug_class.name if incident.bug_class else ""})
