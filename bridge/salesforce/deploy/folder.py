"""Write a package to a folder: source form, both forms for the Metadata API, the change list."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError
from bridge.salesforce.package.change_list import change_list
from bridge.salesforce.package.forms import PROJECT, metadata_files, source_files, zipped
from bridge.salesforce.package.removal import switched_off, taken_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bridge.salesforce.package.model import Options, Package

_MARK = "sfdx-project.json"


def folder_files(package: Package, options: Options) -> dict[str, bytes]:
    """Return everything that a folder of a package holds, by path."""
    return dict(
        sorted(
            {
                **source_files(package),
                "changes.txt": change_list(package, options).encode(),
                "package.zip": zipped(metadata_files(package)),
                "removal-1-switch-off.zip": zipped(switched_off(package)),
                "removal-2-take-out.zip": zipped(taken_out(package)),
            }.items()
        )
    )


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Have a folder hold these files, readable to their owner alone: they name a secret.

    What an earlier package left there is replaced or removed.

    Raises:
        ConfigurationError: If the folder holds something else, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()) and not _is_ours(folder):
            raise ConfigurationError(
                f"{folder} is not empty and holds no package of the bridge: name another folder"
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in _source_of(folder):
            if str(path.relative_to(folder)) not in files:
                path.unlink()
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(path, content)
    except OSError as error:
        raise ConfigurationError(f"{folder}: {error.strerror}") from None


def write_file(path: Path, content: bytes) -> None:
    """Write one file that its owner alone may read.

    Raises:
        ConfigurationError: If it cannot be written.
    """
    try:
        _write(path, content)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def _is_ours(folder: Path) -> bool:
    try:
        project = json.loads((folder / _MARK).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(project, dict) and project.get("name") == PROJECT


def _source_of(folder: Path) -> list[Path]:
    return [path for path in (folder / "force-app").rglob("*") if path.is_file()]


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
