"""How pocket-text was made: sources, grammar, tokenizer, teacher, trainer, evaluation."""
