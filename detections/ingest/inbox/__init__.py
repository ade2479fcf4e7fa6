"""Raw events on their way into the inbox table: group commit, insert, and the trigger of the digest."""
