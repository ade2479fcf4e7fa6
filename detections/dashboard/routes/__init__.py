"""Routes and how often they fail: the list, and one route with its chart, band and what stands behind it."""
