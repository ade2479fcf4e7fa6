"""Repairs text that lost its line breaks or marks to ordinary markdown (pure)."""
