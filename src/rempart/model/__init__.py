"""The values that cross boundaries in Rempart: no input or output, nothing else of Rempart imported."""
