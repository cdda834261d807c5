"""Tools that make clips hold together; each works alone, on frames or latents of any family."""
