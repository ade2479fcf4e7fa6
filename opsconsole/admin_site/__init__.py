"""Django's admin as the console arranges it: what one edits first, evidence and internals folded below."""
