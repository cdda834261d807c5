"""What a recording tells by ear: beats and bars, key, the chord of each bar, loudness."""
