"""simple-salesforce: Bulk API 2.0, in and out."""
# needs: POST /services/data/v66.0/jobs/ingest
# needs: POST /services/data/v66.0/jobs/query

import json
import os

from simple_salesforce import Salesforce

PLACE = json.loads(os.environ["SANDBOX"])
sf = Salesforce(
    session_id=PLACE["observer"]["salesforce_access_token"],
    instance_url=PLACE["salesforce_url"],
    version="66.0",
)
rows = [{"LastName": f"Bulk {n}", "Email": f"bulk.{n}@example.com"} for n in range(250)]
(job,) = sf.bulk2.Contact.insert(
    records=[*rows, {"LastName": "", "Email": "x@example.com"}], wait=1
)
assert job["numberRecordsProcessed"] == 251 and job["numberRecordsFailed"] == 1, job
assert "REQUIRED_FIELD_MISSING" in sf.bulk2.Contact.get_failed_records(job["job_id"])
assert sf.bulk2.Contact.get_successful_records(job["job_id"]).count("\n") >= 250
pages = list(
    sf.bulk2.Contact.query("SELECT Id, LastName FROM Contact WHERE LastName LIKE 'Bulk %'")
)
ids = [line.split(",")[0].strip('"') for page in pages for line in page.splitlines()[1:]]
assert len(ids) == 250, len(ids)
(job,) = sf.bulk2.Contact.update(
    records=[{"Id": each, "Title": "Bulk reader"} for each in ids[:10]], wait=1
)
assert job["numberRecordsFailed"] == 0, job
(job,) = sf.bulk2.Contact.delete(records=[{"Id": each} for each in ids[10:20]], wait=1)
assert job["numberRecordsFailed"] == 0, job
assert sf.query("SELECT Id FROM Contact WHERE Title = 'Bulk reader'")["totalSize"] == 10
assert sf.query("SELECT Id FROM Contact WHERE LastName LIKE 'Bulk %'")["totalSize"] == 240
print("Bulk API 2.0")
