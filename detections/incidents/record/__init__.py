"""Acts on an incident: declare, change its status, hand command over, link, close."""
