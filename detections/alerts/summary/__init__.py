"""The daily summary: what got no message of its own, what waits, once a day to each target that policies name."""
