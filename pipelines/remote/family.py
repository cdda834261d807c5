"""Makes a family of models on another machine from what is its own.

Knows no family.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.remote import address, options
from studio.spec import Family, Kind, Model


@dataclass(frozen=True)
class RemoteFamily:
    """What a remote family says of itself. `model` makes its model of the server that is asked."""

    name: str
    kind: Kind
    about: str
    about_zh: str
    params: type[options.RemoteParams]
    model: Callable[[address.Address], Model]

    def family(self) -> Family:
        return Family(
            name=self.name,
            kind=self.kind,
            about=self.about,
            about_zh=self.about_zh,
            params=self.params,
            load=self._load,
            licence=options.UNKNOWN_LICENCE,
            licence_of=options.licence_of,
            memory_bytes=options.MEMORY_BYTES,
            is_here=options.is_set_up,
            loads_by=options.LOADS_BY,
        )

    def _load(self, device: str, base_url: str, **_: str) -> Model:
        return self.model(address.find(base_url))
