"""Whatever is sent to the calls that hold calls, the Salesforce stand-in refuses it politely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
KEYS = st.sampled_from(
    ["attributes", "type", "referenceId", "records", "Contacts", "Name", "LastName", "url"]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner),
    max_leaves=12,
)
TEXTS = st.text() | st.sampled_from(["@{a.id}", "@{a.b[0].c}", "@{b}", "Quist", "a"])
CALL = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PATCH", "DELETE", "get", ""]) | JSON,
        "url": st.sampled_from(
            [
                f"{DATA}/sobjects/Account",
                f"{DATA}/sobjects/Account/@{{a.id}}",
                f"{DATA}/sobjects/Account/001000000000001AAA/Contacts",
                f"{DATA}/composite/sobjects",
                f"{DATA}/composite/tree/Account",
                f"{DATA}/query?q=SELECT+Id+FROM+Account+LIMIT+1",
            ]
        )
        | JSON,
        "referenceId": st.sampled_from(["a", "b", "c"]) | JSON,
    },
    optional={"body": JSON | st.dictionaries(KEYS, TEXTS), "httpHeaders": JSON, "richInput": JSON},
)
CALLS = st.lists(CALL, max_size=3) | JSON
NODE = st.fixed_dictionaries(
    {"attributes": st.fixed_dictionaries({"type": TEXTS, "referenceId": TEXTS}) | JSON},
    optional={"Name": JSON, "Contacts": JSON, "LastName": JSON},
)


@pytest.mark.parametrize(
    ("path", "bodies"),
    [
        ("", st.fixed_dictionaries({"compositeRequest": CALLS, "allOrNone": JSON})),
        ("/batch", st.fixed_dictionaries({"batchRequests": CALLS, "haltOnError": JSON})),
        (
            "/graph",
            st.fixed_dictionaries(
                {"graphs": st.lists(st.fixed_dictionaries({"compositeRequest": CALLS})) | JSON}
            ),
        ),
        ("/tree/Account", st.fixed_dictionaries({"records": st.lists(NODE) | JSON})),
        ("/tree/Account", JSON),
    ],
    ids=["composite", "batch", "graph", "tree", "anything"],
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_garbage_is_refused(
    sandbox: RunningSandbox, path: str, bodies: st.SearchStrategy[object], data: st.DataObject
) -> None:
    answer = sandbox.salesforce("POST", f"{DATA}/composite{path}", data.draw(bodies))
    assert answer.status_code < 500, answer.text
    answer.json()
