"""Markdown in and out (pure): decoding, blocks, the tree of headings, rendering, edits of single blocks."""
