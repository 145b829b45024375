# ruff: noqa: INP001 -- no module: Sphinx runs it
"""How Sphinx makes a site of these pages: `make docs`."""

project = "Practifi and Constant Contact bridge"
copyright = "the authors, MIT licence"  # noqa: A001 -- Sphinx's name
extensions = ["myst_parser"]
root_doc = "index"
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["../mappings/schema.json"]  # https://…/schema.json: for modelines of editors
