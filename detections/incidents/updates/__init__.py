"""What an incident's targets are told, from templates, with the time of the next update."""
