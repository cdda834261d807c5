"""Sound: instruments, mixing and mastering of scores."""
