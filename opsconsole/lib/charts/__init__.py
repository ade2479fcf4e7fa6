"""Charts as accessible SVG (pure): time charts with bands and limits, sparklines, progress rings."""
