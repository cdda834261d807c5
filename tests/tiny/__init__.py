"""Toy-size pipelines of the real classes with random weights, one module for each family.

Each has `build(folder)`, which writes a folder as `save_pretrained` does.
"""
