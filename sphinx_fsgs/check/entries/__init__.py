"""What the spec says of one thing, gathered for people: ``fsgs explain`` and the pages are functions of this data."""
