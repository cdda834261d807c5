"""Rights of what is made here: terms, record, signature, watermark, checks, verification."""
