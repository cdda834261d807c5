"""How the pronouncing dictionary of pocket-voice was made."""
