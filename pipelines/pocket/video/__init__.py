"""pocket-video's own networks and steps: pictures of pocket-image, moved."""
