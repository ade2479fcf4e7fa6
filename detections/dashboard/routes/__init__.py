"""Routes and their errors: the list, and one route with its chart, covering rules and issues."""
