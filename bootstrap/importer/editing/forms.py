"""The forms of edits: what was posted as an act."""

from __future__ import annotations

from typing import Any

from django import forms

from bootstrap.checklists.models import Item
from bootstrap.importer.editing.acts import AddItem, ChangeItem, EditRefused, key_of
from bootstrap.importer.editing.item_lines import body_of
from bootstrap.importer.editing.outline import POINT, ItemPlace, Outline
from bootstrap.importer.editing.store_edit import REASON_LENGTH
from bootstrap.importer.editing.wording import EVIDENCE, ItemWords, put_together, take_apart
from bootstrap.importer.parser.item_settings import KINDS, LONGEST_KEY

LONGEST_TEXT = 2_000
LONGEST_BODY = 20_000
_KINDS = [("", "As its words say"), *((kind, label) for kind, label in Item.Kind.choices if kind in KINDS)]


def typed(text: str) -> str:
    """What was typed, with line ends as `\\n`. Raises EditRefused for characters that no text may have."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any((ord(letter) < 32 and letter not in "\n\t") or 0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise EditRefused("text: without control characters.")
    return text


class ItemForm(forms.Form):
    """The words of an item and what is asked for besides; an act where it is valid."""

    text = forms.CharField(
        label="What is to be done or confirmed",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 2}),
        help_text="Markdown, one line.",
    )
    body = forms.CharField(
        label="Beneath it",
        required=False,
        strip=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        help_text="Markdown: why, how, commands.",
    )
    kind = forms.ChoiceField(choices=_KINDS, required=False)
    condition = forms.CharField(
        label="Needed only if", required=False, max_length=300, widget=forms.TextInput({"placeholder": "FLAG_X=1"})
    )
    needs = forms.CharField(
        label="Waits for", required=False, max_length=1000, help_text="Keys of items of this checklist, with commas."
    )
    evidence = forms.ChoiceField(label="Evidence", choices=list(EVIDENCE.items()), required=False)
    two_person = forms.BooleanField(label="Two people sign it", required=False)
    optional = forms.BooleanField(label="Optional: nothing waits for it", required=False)

    def wording(self) -> str:
        """The words with the marks. Raises EditRefused."""
        data: dict[str, Any] = self.cleaned_data
        needs = tuple(filter(None, (name.strip(" `") for name in data["needs"].split(","))))
        return put_together(
            ItemWords(
                typed(data["text"]),
                data["two_person"],
                data["evidence"],
                data["optional"],
                data["condition"].strip(),
                needs,
            )
        )

    def unknown_needs(self, outline: Outline, ref: str) -> str:
        """The names among its needs that are no keys of the checklist, as a sentence; '' where there are none."""
        checklist = ref.partition(":")[0]
        names = (name.strip(" `") for name in self.cleaned_data["needs"].split(","))
        missing = [name for name in names if name and f"{checklist}:{name}" not in outline.items]
        return f"needs: this checklist has no item {', '.join(missing)}." if missing else ""


class ChangeForm(ItemForm):
    """Other words for an item that there is."""

    keep_key = forms.BooleanField(
        label="Keep its key",
        required=False,
        help_text="Rules and findings name the item by its key. Without this its words give it one.",
    )

    def act(self, outline: Outline, place: ItemPlace) -> ChangeItem:
        """Raises EditRefused."""
        if unknown := self.unknown_needs(outline, place.ref):
            raise EditRefused(unknown)
        body = typed(self.cleaned_data["body"]).strip("\n") if place.form == POINT else None
        key = key_of(place.ref) if self.cleaned_data["keep_key"] else ""
        return ChangeItem(place.ref, self.wording(), body, key, self.cleaned_data["kind"])


class AddForm(ItemForm):
    """A new item of a section."""

    key = forms.CharField(
        required=False, max_length=LONGEST_KEY, help_text="Empty: as its words give it, such as take-a-backup."
    )

    def act(self, outline: Outline, section: str, after: str, before: str) -> AddItem:
        """Raises EditRefused."""
        if unknown := self.unknown_needs(outline, section):
            raise EditRefused(unknown)
        data = self.cleaned_data
        body = typed(data["body"]).strip("\n")
        return AddItem(section, self.wording(), body, after, before, data["key"].strip(), data["kind"])


class StoreForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=REASON_LENGTH, widget=forms.TextInput({"placeholder": "Added after the outage of June"})
    )


def initial_of(outline: Outline, place: ItemPlace) -> dict[str, Any]:
    """What the form of an item begins with."""
    wording = take_apart(place.row.text)
    return {
        "text": wording.text,
        "body": body_of(outline, place),
        "kind": place.settled.kind,
        "condition": wording.condition,
        "needs": ", ".join(wording.needs),
        "evidence": wording.evidence,
        "two_person": wording.two_person,
        "optional": wording.optional,
        "keep_key": True,
    }
