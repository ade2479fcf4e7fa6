"""Table of contents: what the sub-packages register (admin)."""
