"""Local servers that stand for what lies outside of the machine.

They check what they are sent against the limits that the providers publish, remember it, and give bad weather on
demand.
"""
