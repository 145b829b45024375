"""The vendor's generated client: segments."""
# needs: POST /v3/segments

import json
import os

import constant_contact_api_client as cc

PLACE = json.loads(os.environ["SANDBOX"])
segments = cc.SegmentsApi(
    cc.ApiClient(
        cc.Configuration(
            host=PLACE["constant_contact_url"],
            access_token=PLACE["observer"]["constant_contact_access_token"],
            ssl_ca_cert=PLACE.get("ca_file"),
        )
    )
)
criteria = json.dumps(
    {
        "version": "1.0.0",
        "criteria": {
            "type": "and",
            "group": [{"source": "contacts", "field": "first_name", "op": "eq", "value": "Marta"}],
        },
    }
)
made = segments.create_segment({"name": "Martas", "segment_criteria": criteria})
assert segments.get_segment_by_id(made.segment_id).name == "Martas"
segments.update_segment_name(made.segment_id, {"name": "Every Marta"})
assert [each.name for each in segments.get_all_segments().segments] == ["Every Marta"]
segments.delete_segment(made.segment_id)
print("segments")
