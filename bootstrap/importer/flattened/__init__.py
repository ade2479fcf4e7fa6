"""Repairs text that lost its line breaks or marks on the way, so that it reads as ordinary markdown (pure)."""
