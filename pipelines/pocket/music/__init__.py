"""How pocket-music writes a piece: form, words, chords, melody and accompaniment into a score."""
