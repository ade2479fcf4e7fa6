"""The error of a console that cannot start (pure)."""


class CannotStart(Exception):
    """The console cannot start; the text says what is wrong and what to do."""
