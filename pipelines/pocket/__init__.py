"""Our own networks: what the pocket families are made of. Each file stands alone."""
