"""Where the studio keeps what is its user's: library, jobs, keys, references.

Knows nothing of what lies in it.
"""

import os
from pathlib import Path


def home_folder() -> Path:
    """STUDIO_HOME, else the platform's folder for user data."""
    named = os.environ.get("STUDIO_HOME")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_data_path("studio")
