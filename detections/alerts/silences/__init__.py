"""Silences: messages of the alerts that they match wait. The table is below, in `rules.silence_models`."""
