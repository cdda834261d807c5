"""Clips as files: containers, frames in and out, tags, subtitles, labels and posters.

Turns values (`studio.media.Video`, `studio.rights.tags.RightsTags`) into files and back, a frame at
a time. Knows no model, no key, no signature and no library.
"""
