"""What a variable's value has to be (pure): formats, conditions, flags, expected values.

The agent judges by the same rules where the values are (`bin/opsconsole-agent`, loaded here by agent.py).
"""
