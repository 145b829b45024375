"""The packs: a folder each, with `pack.yaml` and the mapping files that differ from the defaults.

A pack has a `title`, and a `profile` that connections get; what it does not name is not set. With
`like` it has the files of another pack, where it has none of its own.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ABOUT = "pack.yaml"
_KINDS = (".yaml", ".json")


class Pack(NamedTuple):
    """What a new installation begins with.

    Attributes:
        profile: Object profile of its connections; None: each organization is asked.
        files: Text of the mapping files and their schema, by name.
    """

    title: str
    profile: str | None
    files: dict[str, str]


def pack_names() -> list[str]:
    """Return the names of the packs that there are."""
    return sorted(entry.name for entry in _folder().iterdir() if (entry / _ABOUT).is_file())


def read_pack(name: str | None) -> Pack:
    """Return a pack; without a name the default mappings, which fit every profile.

    Raises:
        ConfigurationError: If there is no such pack.
    """
    if name is None:
        return Pack("the default mappings", None, _texts(_defaults()))
    if name not in pack_names():
        raise ConfigurationError(f"there is no pack {name!r}; there are: {', '.join(pack_names())}")
    folder = _folder() / name
    about = yaml.safe_load((folder / _ABOUT).read_text(encoding="utf-8"))
    beneath = read_pack(about.get("like")).files
    return Pack(about["title"], about.get("profile"), {**beneath, **_texts(folder)})


def _folder() -> Traversable:
    return files("bridge.setup.packs")


def _defaults() -> Traversable:
    """Return the folder of the default mappings: of a wheel, or of the tree it is made from."""
    packaged = files("bridge") / "default_mappings"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "mappings"


def _texts(folder: Traversable) -> dict[str, str]:
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(_KINDS) and entry.name != _ABOUT
    }
