"""The editor of a postmortem."""

from __future__ import annotations

from django import forms

from detections.incidents.postmortem.edit import NOTE_LENGTH, TEXT_LENGTH
from detections.incidents.postmortem.placeholders import ACTION_ITEMS, TITLE
from detections.incidents.postmortem_models import PostmortemVersion

HELP = (
    f"Markdown. {ACTION_ITEMS} on a line of its own stands for the list of action items, and {TITLE} as the heading "
    "for the incident's name and title, as they are when it is read."
)


class PostmortemForm(forms.Form):
    """Text, whether it is finished, and what changed. `version` is the number of the version that it began with."""

    text = forms.CharField(
        label="Text",
        max_length=TEXT_LENGTH,
        strip=False,
        help_text=HELP,
        widget=forms.Textarea({"rows": 28, "spellcheck": "true", "class": "mono"}),
        error_messages={"required": "A postmortem has some text."},
    )
    note = forms.CharField(
        label="What changed",
        max_length=NOTE_LENGTH,
        required=False,
        help_text="Stands in the history; may stay empty.",
    )
    finished = forms.BooleanField(
        label="It is finished", required=False, help_text="The incident can be closed with a finished one."
    )
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


def form_of(version: PostmortemVersion, newest: PostmortemVersion) -> PostmortemForm:
    """The editor with the text of a version, to be saved after the newest one."""
    note = "" if version.number == newest.number else f"Back to version {version.number}"
    initial = {"text": version.text, "finished": newest.finished, "version": newest.number, "note": note}
    return PostmortemForm(initial=initial)
