"""Speed and quality runs; their results are kept as JSON beside them."""
