"""How a variable is set where an application runs: the platforms, their commands, what a system says of its own."""
