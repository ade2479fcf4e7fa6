"""Action items: what is to be done so that it does not come again."""
