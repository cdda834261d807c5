"""Music as files: sound containers with their tags, MIDI, MusicXML, pictures and player data.

Turns values (`studio.media.Audio`, `studio.score.Score`, `studio.rights.tags.RightsTags`) into
files and back. Knows no model, no key, no signature and no library.
"""
