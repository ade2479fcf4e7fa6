"""Loads the console's templates without their indentation, which is for readers of the source alone."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader

# Elements in which white space is shown or is data, whole; else the blanks at the start of a line.
_INDENTATION = re.compile(
    r"(?P<kept><(?P<element>pre|textarea|script|style)\b.*?</(?P=element)\s*>)|^[ \t]+", re.DOTALL | re.MULTILINE | re.I
)


def without_indentation(text: str) -> str:
    """The template with the same lines, each from its first character on; a third less for a long list."""
    return _INDENTATION.sub(lambda found: found["kept"] or "", text)


class IndentationLoader(Loader):
    """Finds templates in the directories of the settings. Raises TemplateDoesNotExist, as Django's own."""

    def get_contents(self, origin: Origin) -> str:
        return without_indentation(super().get_contents(origin))
