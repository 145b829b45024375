"""A browser for one page: opens the address that it is given, and presses Allow."""

from __future__ import annotations

import html
import re
import sys

import requests

page = requests.get(sys.argv[1], timeout=20)
fields = {
    name: html.unescape(value)
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
}
requests.post(page.url, data=fields | {"answer": "allow"}, timeout=20).raise_for_status()
