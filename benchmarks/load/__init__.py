"""Many people on the page at once, as their browsers speak to it."""
