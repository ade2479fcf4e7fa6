"""Evidence of a verdict (pure): records from which its numbers can be recomputed, one file per kind of rule."""
