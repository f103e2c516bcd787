"""How speed, memory and disk grow with the collection."""
