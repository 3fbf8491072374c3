"""The commands of `rempart law`, and how answers and decisions are shown."""
