"""A database to try a restore in: a server and a folder of its own, both gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bridge.connections.keyring import read_ring
from bridge.db.embedded import detach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings


@contextmanager
def scratch(settings: Settings, folder: Path) -> Iterator[Settings]:
    """Give the settings of an empty database with the same key ring; its server and files go.

    Args:
        settings: Of the installation.
        folder: Where its files may be for that long.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="drill-", dir=folder))
    data_dir = own / "data"
    try:
        yield settings.model_copy(
            update={
                "database_url": None,
                "broker_url": None,  # no worker of the installation must hear of what is done here
                "data_dir": data_dir,
                "keys": SecretStr(",".join(read_ring(settings))),
                "keys_file": None,
            }
        )
    finally:
        try:
            detach(data_dir)
        finally:
            shutil.rmtree(own)
