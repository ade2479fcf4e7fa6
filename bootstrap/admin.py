"""Table of contents: what the sub-packages register in the admin."""
