"""Delivery of messages: enqueued in the transaction of a change, sent and retried from the outbox."""
