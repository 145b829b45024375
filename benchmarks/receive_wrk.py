"""The load of `receive_load`, made by wrk: it takes less of the processors that all share."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import tempfile

from benchmarks.receive_load import HEAD, NOTIFICATION, RECORDS, TAIL, Slice

_SCRIPT = """
local head, before, tail, notifications = [==[
%(head)s]==], [==[
%(before)s]==], [==[
%(tail)s]==], %(notifications)d
local records = {%(records)s}
local last = %(first)d

function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "text/xml; charset=UTF-8"
  wrk.headers["SOAPAction"] = '""'
end

function request()
  local parts = {head}
  for i = 1, notifications do
    last = last + 1
    parts[#parts + 1] = before
    parts[#parts + 1] = string.format("04l%%015.0f", last)
    parts[#parts + 1] = records[last %% #records + 1]
  end
  parts[#parts + 1] = tail
  return wrk.format(nil, nil, nil, table.concat(parts))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\n{"messages": %%d, "us": %%d, "p99_us": %%d, "refused": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
_MOST_IDS = 10**9
_firsts = itertools.count(1)


def is_here() -> bool:
    """Tell whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(port: int, path: str, *, notifications: int, connections: int, seconds: float) -> Slice:
    """Post messages to a server of this machine for some seconds, one at a time a connection."""
    script = _SCRIPT % {
        "head": HEAD,
        "before": NOTIFICATION,
        "records": ", ".join(f"[==[\n{record}]==]" for record in RECORDS),
        "tail": TAIL,
        "notifications": notifications,
        "first": next(_firsts) * _MOST_IDS,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        out = subprocess.run(
            [*command, "-s", file.name, f"http://127.0.0.1:{port}{path}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    told = json.loads(out.splitlines()[-1])
    return Slice(
        seconds=told["us"] / 1e6,
        messages=told["messages"],
        refused=told["refused"],
        p99_ms=told["p99_us"] / 1000,
    )
