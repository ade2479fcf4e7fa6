"""Messages on their way to a channel: enqueued with the change that caused them, retried from the outbox."""
