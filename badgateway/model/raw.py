"""The names of the raw files of a trial; docs/raw-files.md tells their columns."""

CLIENT_ROWS = "client.csv"
CLIENT_EVENTS = "client-events.json"
ACCESS_LOG = "nginx-access.jsonl"
ERROR_LOG = "nginx-error.log"
SERVER_LOG = "server.log"
NGINX_LOG = "nginx.log"
NGINX_CONF = "nginx.conf"
LOCUST_LOG = "locust.log"
PROCESSES = "processes.csv"
LEDGER = "ledger.parquet"
TRIAL = "trial.json"
MANIFEST = "manifest.json"

CLIENT_COLUMNS = (
    "request_id",
    "name",
    "method",
    "intended_start_s",
    "start_s",
    "first_byte_s",
    "end_s",
    "status",
    "body_bytes",
    "expected_bytes",
    "error",
    "detail",
)
