"""Drawings as accessible SVG text (pure): time charts with bands and limits, sparklines, progress rings."""
