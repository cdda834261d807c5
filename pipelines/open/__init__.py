"""What the families of openly published models share: their checkpoints, options and runs."""
