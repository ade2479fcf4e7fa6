"""Baselines of scopes: hour cells counted from telemetry, estimated and stored."""
