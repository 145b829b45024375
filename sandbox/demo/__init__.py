"""The demo: a story played against a running sandbox and bridge, each line of it verified.

It imports neither the bridge nor the reconciler: it starts them, as an operator would, and looks at
what they did through the interfaces of the two services, with keys of its own.
"""
