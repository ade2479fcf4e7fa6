"""From an SDK's payload to a normalised, scrubbed event with its group, route and time (pure)."""
