"""Generate the package of a connection: names, mapping and options in, parts out. Pure.

The same input gives the same parts in the same order, and so the same bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError
from bridge.salesforce.names import checked_name
from bridge.salesforce.package import pages, views
from bridge.salesforce.package.fields import own_parts
from bridge.salesforce.package.flows import sending_flow, tombstone_flows, untick_flow
from bridge.salesforce.package.messages import messages_of
from bridge.salesforce.package.model import Package, Part
from bridge.salesforce.package.permissions import permission_sets
from bridge.salesforce.package.xml import ordered, yes_or_no

if TYPE_CHECKING:
    from bridge.mapping.model import Mapping
    from bridge.salesforce.package.model import Message, Options

_LONGEST_URL = 255
_VERSION = re.compile(r"[3-9]\d\.0")


def generate(mapping: Mapping, options: Options, *, whole: bool = False) -> Package:
    """Return the package that lets an organization work with the bridge.

    Args:
        mapping: What is read, and by which names.
        options: What differs between two packages of one mapping.
        whole: With what another mapping of the same names might have brought: to take it out.

    Raises:
        ConfigurationError: If Salesforce would not take one of the options.
    """
    _check(options)
    names = mapping.names
    messages = messages_of(mapping, whole=whole)
    own = list(own_parts(mapping))
    ways = list(pages.ways_in(names, options))
    untick = untick_flow(names, options)
    parts = [
        *own,
        *(_message(one, options) for one in messages),
        *(sending_flow(one, names, options) for one in messages),
        *([untick] if untick is not None else []),
        *tombstone_flows(names, options),
        *ways,
        *views.list_views(names),
        *permission_sets(
            names,
            own,
            messages,
            options.known,
            pages=[part.full_name for part in ways if part.kind == "ApexPage"],
            tabs=pages.TABS,
        ),
    ]
    return Package(
        profile=names.profile,
        api_version=options.api_version,
        parts=tuple(sorted(parts, key=lambda part: (part.kind, part.full_name))),
        messages=messages,
        by_hand=(*pages.by_hand(names, options), *views.by_hand(names)),
    )


def _message(message: Message, options: Options) -> Part:
    body = ordered(
        ("apiVersion", options.api_version),
        ("description", "Constant Contact bridge: which record has changed."),
        ("endpointUrl", options.endpoint_url),
        *(("fields", name) for name in message.fields),
        yes_or_no("includeSessionId", value=False),
        ("integrationUser", options.send_as),
        ("name", message.label),
        yes_or_no("protected", value=False),
        yes_or_no("useDeadLetterQueue", value=False),
    )
    return Part(
        kind="WorkflowOutboundMessage",
        full_name=message.full_name,
        why=f"carries {len(message.fields)} fields of a record to the bridge",
        body=body,
    )


def _check(options: Options) -> None:
    if len(options.endpoint_url) > _LONGEST_URL:
        raise ConfigurationError(
            f"the address of the endpoint is longer than {_LONGEST_URL} characters, and Salesforce "
            "does not take it: give the server, or the connection, a shorter name"
        )
    if options.canvas_app is not None:
        checked_name(options.canvas_app)
    if not _VERSION.fullmatch(options.api_version):
        raise ConfigurationError(
            f"{options.api_version[:20]!r} is no API version: two digits and .0, such as 66.0"
        )
    if not options.send_as:
        raise ConfigurationError(
            "the user to send messages as is not known: give --send-as USERNAME"
        )
