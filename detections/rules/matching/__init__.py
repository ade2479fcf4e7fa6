"""What a rule's selector finds: routes as people write them, which match, what cannot match, what is nearest."""
