"""What a deployment is asked to do, and what it tells about each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a package is to be carried out, in the words of DeployOptions."""

    check_only: bool = False
    rollback_on_error: bool = True
    allow_missing_files: bool = False
    ignore_warnings: bool = False
    single_package: bool = True
    test_level: str | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """What became of one part."""

    type: str
    full_name: str
    file_name: str
    at: datetime
    component_id: str = ""
    success: bool = True
    created: bool = False
    changed: bool = False
    deleted: bool = False
    problem: str | None = None
    is_warning: bool = False
    line: int | None = None
    column: int | None = None
