"""What happened, line by line: gathered from what others recorded, and noted by people."""
