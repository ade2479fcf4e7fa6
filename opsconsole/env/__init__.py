"""Every setting once: declared, read from the process environment, checked (pure: no Django, no ORM)."""
