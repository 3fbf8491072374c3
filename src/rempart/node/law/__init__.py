"""Law through the node: questions, overlay, language, records, and decisions beside the matches of a scan."""
