"""Sound: instruments, mixing and mastering of scores.

`mix.render` makes a `Mix` of a `studio.score.Score`; `instruments` has every name that it plays.

tone ← packed ← fitted, synths, drums ← player ← mix → effects, mastering, styles
"""
