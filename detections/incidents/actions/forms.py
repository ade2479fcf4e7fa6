"""The form of an action item."""

from __future__ import annotations

from django import forms

from detections.incidents.action_models import ActionItem
from detections.incidents.actions.draft import LINK_LENGTH, OWNER_LENGTH, TEXT_LENGTH, ActionDraft
from detections.incidents.record.write import IncidentInputError

KNOWN_OWNERS = "action-owners"  # id of the list of names


class ActionForm(forms.Form):
    """What the item says. Values are judged where the item is written (`refuse`), not here."""

    text = forms.CharField(
        label="What is to be done",
        required=False,
        widget=forms.TextInput({"maxlength": TEXT_LENGTH, "placeholder": "Alert on the age of the queue"}),
    )
    owner = forms.CharField(
        label="Owner",
        required=False,
        widget=forms.TextInput({"maxlength": OWNER_LENGTH, "list": KNOWN_OWNERS, "autocomplete": "off"}),
    )
    due = forms.CharField(label="Due", required=False, widget=forms.DateInput({"type": "date"}))
    link = forms.CharField(
        label="Pull request or ticket",
        required=False,
        widget=forms.URLInput({"maxlength": LINK_LENGTH, "placeholder": "https://"}),
    )

    @property
    def draft(self) -> ActionDraft:
        """What was typed, also what the field would not take: it is judged there, and not left out."""
        self.full_clean()
        return ActionDraft(**{name: self.data.get(name, "") for name in ("text", "owner", "due", "link")})

    def refuse(self, error: IncidentInputError) -> None:
        """Shows the error at the field that it names."""
        name, _, sentence = str(error).partition(": ")
        if name in self.fields:
            self.add_error(name, sentence[:1].upper() + sentence[1:])
        else:
            self.add_error(None, str(error))


def form_of(item: ActionItem) -> ActionForm:
    """The form with what the item says."""
    owner, due = item.owner.name if item.owner else "", item.due.isoformat() if item.due else ""
    return ActionForm(initial={"text": item.text, "owner": owner, "due": due, "link": item.link})
