"""The Sentry protocol (pure): authentication, content encodings, envelopes, items, lenient JSON, responses."""
