"""How the instruments of pocket-sound were made."""
