"""`bridge sandbox`: stand-ins of Salesforce and Constant Contact, until they are told to stop."""

from __future__ import annotations

import argparse
import gc
import json
import sys

import uvloop

from sandbox.certificates import Certificates
from sandbox.clientele import COUNTS, count_of
from sandbox.server import Ports, PortTaken, Sandbox


def main(argv: list[str]) -> int:
    """Run the sandbox and return the exit code; prints one JSON line once it listens."""
    parser = argparse.ArgumentParser(
        prog="bridge sandbox",
        description="Stand-ins of Salesforce and Constant Contact that speak the real protocols. "
        "Prints one JSON line with addresses and credentials once they listen.",
    )
    for name in ("salesforce", "constant-contact", "control"):
        parser.add_argument(
            f"--{name}-port", type=_port, default=0, metavar="N", help="default: any free port"
        )
    parser.add_argument(
        "--size",
        type=_size,
        default="small",
        metavar="SIZE",
        help="empty, small (default), "
        + ", ".join(f"{name} ({count:,} contacts)" for name, count in COUNTS.items())
        + ", or a number of contacts",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another firm's ids")
    parser.add_argument(
        "--tls", action="store_true", help="serve https, with a certificate made for this run"
    )
    parser.add_argument(
        "--bare", action="store_true", help="a Salesforce without the bridge's package, till reset"
    )
    options = parser.parse_args(argv)
    certificates = Certificates.make() if options.tls else None
    try:
        return _serve(options, certificates)
    finally:
        if certificates is not None:
            certificates.remove()


def _serve(options: argparse.Namespace, certificates: Certificates | None) -> int:
    ports = Ports(
        salesforce=options.salesforce_port,
        constant_contact=options.constant_contact_port,
        control=options.control_port,
    )
    gc.disable()  # it would look at a large firm over and over while that grows
    try:
        sandbox = Sandbox(
            ports=ports, size=options.size, seed=options.seed, certificates=certificates
        )
    except PortTaken as error:
        print(f"bridge sandbox: {error}", file=sys.stderr)
        return 2
    if options.bare:
        sandbox.salesforce.make_bare()
    # What a large firm is made of lives as long as the process: nobody need search it for garbage.
    gc.freeze()
    gc.enable()
    line = json.dumps(sandbox.described())
    uvloop.run(sandbox.serve_until_signal(lambda: print(line, flush=True)))
    return 0


def _size(text: str) -> str:
    try:
        count_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _port(text: str) -> int:
    """Return a port number.

    Raises:
        ValueError: If it is none; argparse turns it into a usage message.
    """
    port = int(text)
    if not 0 <= port < 1 << 16:
        raise ValueError(text)
    return port
