"""The match service of one worker, one module for each use."""
