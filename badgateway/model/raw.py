"""The names of the raw files of a trial; docs/raw-files.md tells their columns."""

CLIENT_ROWS = "client.csv"
CLIENT_EVENTS = "client-events.json"
GENERATOR_GAPS = "generator-gaps.csv"
ACCESS_LOG = "nginx-access.jsonl"
ERROR_LOG = "nginx-error.log"
JOURNAL = "app-journal.csv"
SERVER_LOG = "server.log"
NGINX_LOG = "nginx.log"
RELAY_LOG = "relay.log"
BACKGROUND_LOG = "background.log"
NGINX_CONF = "nginx.conf"
LOGGING = "logging.json"
LOCUST_LOG = "locust.log"
PROCESSES = "processes.csv"
SAMPLES = "samples.csv"
STATEMENTS = "statements.csv"
SAMPLE_NOTES = "samples-notes.txt"
LEDGER = "ledger.parquet"
TRIAL = "trial.json"
FILES = "files.json"
MANIFEST = "manifest.json"
PROOF = "proof.json"
CONNECT_COSTS = "connect-costs.json"
SITE_LOGS = "site-logs.json"
"""Of a site that already runs: which of its logs are in which files, that begin as the next says."""
SITE_LOG = "site-log-"

NEEDED = (CLIENT_ROWS, CLIENT_EVENTS, GENERATOR_GAPS, ACCESS_LOG, ERROR_LOG, JOURNAL, PROCESSES, SAMPLES)
"""Every trial that ran to its end has them; without one of them, nobody knows what befell it."""
NEEDED_OF_RUNNING_SITE = (CLIENT_ROWS, CLIENT_EVENTS, GENERATOR_GAPS, PROCESSES, SAMPLES)
"""The same, where nobody but its owner can look into the site."""
READ = (*NEEDED, SERVER_LOG, STATEMENTS, TRIAL, SITE_LOGS)
"""All that a report is made of."""

MOST_PRINTED_BYTES = 256 << 20
"""Of what one program prints: it is kept and read, and must fill neither the disk nor the memory."""
MOST_WRITTEN_BYTES = 2 << 30
"""Of one book: some four million requests. A site must not be able to fill the disk of whoever measures it."""

JOURNAL_COLUMNS = (
    "kind",
    "time_s",
    "pid",
    "thread",
    "number",
    "request_id",
    "status",
    "body_bytes",
    "duration_s",
    "detail",
)

OWN_REQUESTS = "health-"
"""Request ids that begin so are the kit's own: they are in nginx's access log, but are no load and in no book."""

STATEMENT_COLUMNS = ("time_s", "executing", "statement")

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
    "accepted",
)
