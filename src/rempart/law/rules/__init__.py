"""The rules, one small function for each, named after their articles."""
