"""Make `.venv` from the locked requirements, with nothing but a Python: what `make install` runs.

It does nothing when `.venv` was made from the same lock, project file, script, folder and Python
before; otherwise it makes a new one. Several may run at once: one installs, the others wait.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed"
OLDEST = (3, 11)

NO_VENV = """\
This Python cannot make virtual environments: Debian and Ubuntu pack that apart.
Install it (`apt-get install python3-venv`), or put `uv` on the PATH, and try again."""


def main() -> int:
    """Install if need be and return the exit code."""
    if sys.version_info < OLDEST:
        return use_newer_python()
    # What a user set for another project must not lead pip to another place.
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE"):
        os.environ.pop(name, None)
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    lock = os.open(__file__, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another install is running: waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    wanted = stamp()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
        return 0
    started = time.monotonic()
    try:
        install()
    except subprocess.CalledProcessError as error:
        say(f"`{' '.join(map(str, error.cmd[:6]))} …` ended with {error.returncode}")
        return 1
    except NoVirtualEnvironmentError:
        say(NO_VENV)
        return 1
    STAMP.write_text(wanted, encoding="utf-8")
    say(f"done in {time.monotonic() - started:.0f} s")
    return 0


class NoVirtualEnvironmentError(Exception):
    """This Python lacks what makes virtual environments."""


def use_newer_python() -> int:
    """Run this script with a newer Python of the PATH, if there is one."""
    for minor in (13, 12, 11):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, __file__])  # noqa: S606 - no shell is wanted
    say(f"Python {platform.python_version()} is too old: install 3.11 or later")
    return 1


def stamp() -> str:
    """Return what tells this installation from one made of something else."""
    digest = hashlib.sha256()
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(f"{ROOT}\n{sys.version}\n{sys.base_prefix}".encode())
    return digest.hexdigest()


def install() -> None:
    """Make a new environment and put the requirements and the project in it."""
    uv = shutil.which("uv")
    if uv:
        try:
            install_with(uv)
        except subprocess.CalledProcessError:  # pip may know a registry or a certificate better
            say("uv could not do it: trying pip")
        else:
            return
    install_with(None)


def install_with(uv: str | None) -> None:
    """Install with uv, or with this Python's pip."""
    say(f"1/3 making .venv with Python {platform.python_version()}")
    # The stamp goes first: a half-removed environment must not look like one.
    STAMP.unlink(missing_ok=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        run(uv, "venv", "-q", "--no-config", "--python", sys.executable, VENV)
        pip: list[str | Path] = [uv, "pip", "install", "-q", "--python", PYTHON]
    else:
        pip = [*make_environment(), "install", "-q"]
    count = sum(line[:1].isalpha() for line in LOCK.read_text(encoding="utf-8").splitlines())
    say(f"2/3 installing {count} packages (about half a minute; {'uv' if uv else 'pip'})")
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", LOCK)
    say("3/3 installing the bridge")
    run(*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT)


def make_environment() -> list[str | Path]:
    """Make the environment with this Python and return how its pip is called.

    Raises:
        NoVirtualEnvironmentError: If this Python has neither ensurepip nor a pip of 22.3 or later.
    """
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        run(sys.executable, "-m", "venv", VENV)
        return [PYTHON, "-m", "pip"]
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", PYTHON]
    try:
        run(sys.executable, "-m", "venv", "--without-pip", VENV)
        run(*pip, "--version", quiet=True)
    except subprocess.CalledProcessError:
        raise NoVirtualEnvironmentError from None
    return pip


def run(*command: str | Path, quiet: bool = False) -> None:
    """Run a command in the project's folder; an exit code other than 0 is an error."""
    output = subprocess.DEVNULL if quiet else None
    subprocess.run(command, check=True, cwd=ROOT, stdout=output, stderr=output)


def say(text: str) -> None:
    """Show progress."""
    print(f"install: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
