"""What an event says (pure): normalised, scrubbed, grouped, its route and its time."""
