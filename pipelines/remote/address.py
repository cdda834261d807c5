"""Which server a remote family asks, and the key that it shows there.

A server is named by STUDIO_REMOTE_URL, or by `remote.toml` in the studio's home:

    url = "http://gpu-box:8000/v1"
    [keys]
    "https://api.example.org/v1" = "the key for it"

STUDIO_REMOTE_KEY is the key for STUDIO_REMOTE_URL. A key only ever goes to the server that it was
written down for, so that whoever may choose the address cannot have it. Sends nothing itself.
"""

import ipaddress
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from studio.errors import RequestError
from studio.home import home_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

URL_VARIABLE, KEY_VARIABLE = "STUDIO_REMOTE_URL", "STUDIO_REMOTE_KEY"
FILE = "remote.toml"
_EXAMPLE = "http://localhost:8000/v1"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where a server is: `url` is the part before "/images/generations". The key is not shown."""

    url: str
    key: str = field(default="", repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, which no proxy stands before."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def usual() -> str:
    """The server that is asked where none is named; empty where none was set up."""
    named = os.environ.get(URL_VARIABLE, "").strip() or str(_file().get("url", "")).strip()
    return checked(named) if named else ""


def find(url: str) -> Address:
    """The server of that URL with its key, or the usual one where the URL is empty.

    Raises:
        RequestError: no server is named, or it is none that may be asked.
    """
    wanted = checked(url) if url else usual()
    if not wanted:
        raise RequestError(
            f"no server is named; give --set base_url={_EXAMPLE}, or set {URL_VARIABLE}"
        )
    keys = _keys()
    if os.environ.get("SPACE_ID") and wanted not in (usual(), *keys):
        raise RequestError(
            f"base_url {wanted!r} is not open to visitors; leave it out, or run the studio yourself"
        )
    return Address(wanted, keys.get(wanted, ""))


def checked(url: str) -> str:
    """The URL in the one form that is compared and recorded; "/v1" stands where no path does.

    Raises:
        RequestError: it is no address of a server.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise _no_address(url) from error
    host = parts.hostname
    if parts.scheme not in _PORTS or not host or any(c.isspace() for c in url.strip()):
        raise _no_address(url)
    if "@" in parts.netloc:
        raise RequestError(
            f"base_url for {host} has a name or password in it; leave it out and set {KEY_VARIABLE}"
        )
    if parts.query or parts.fragment:
        raise RequestError(f"base_url for {host} has more than a path; give it as {_EXAMPLE}")
    return _one_form(parts, host, port)


def _one_form(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        shown = f"{shown}:{port}"
    return f"{parts.scheme}://{shown}{parts.path.rstrip('/') or '/v1'}"


def _no_address(url: str) -> RequestError:
    return RequestError(f"base_url {url!r} is no address of a server; give it as {_EXAMPLE}")


def _keys() -> dict[str, str]:
    """Each server's key, by its URL."""
    table = _file().get("keys", {})
    if not isinstance(table, dict):
        raise RequestError(f"{_path()}: keys must be a table; write [keys] and then URL = key")
    found = {checked(str(url)): str(key) for url, key in table.items()}
    url, key = os.environ.get(URL_VARIABLE, "").strip(), os.environ.get(KEY_VARIABLE, "").strip()
    return {**found, checked(url): key} if url and key else found


def _file() -> dict[str, Any]:
    path = _path()
    if not path.is_file():
        return {}
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise RequestError(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The error's own text may quote the line, and with it a key.
        raise RequestError(f"{path} cannot be read as TOML; mend or delete it") from error


def _path() -> Path:
    return home_folder() / FILE
