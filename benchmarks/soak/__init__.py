"""Many ask while the articles change, for minutes: errors, mixtures, memory."""
