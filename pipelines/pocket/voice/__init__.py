"""Singing and speaking, in English and Mandarin, from formants and noise: no recorded voice.

`sing` sings the notes of a score, `speak` narrates, `syllables` says how a line divides. Light to
import: numpy and the dictionaries are read when first needed.
"""
