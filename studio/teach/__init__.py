"""Teaching: a folder of pictures becomes an adapter of a model, with a card that says from what."""
