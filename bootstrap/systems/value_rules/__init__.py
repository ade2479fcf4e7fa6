"""What a variable's value has to be (pure): formats, conditions, flags, expected values.

The same rules are judged by the agent beside the values (`bin/opsconsole-agent`, loaded here by agent.py).
"""
