"""What an application ran out of, or could not reach, as the exception says that it answered with a 500 for."""

from badgateway.causes.rule import Rule, near
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.evidence import ServerEvent

FAMILY = "application"

SERVICE_UNREACHABLE = Cause(
    id="service-unreachable",
    title="Another service that the application needs did not answer",
    family=FAMILY,
    statuses=(500, 503),
    explanation="A cache, a queue of tasks or an API was down, or at another address, or too slow. The application "
    "did not expect that, and answered with an error.",
    evidence="The application's log: an exception of a client's library, such as `redis.exceptions.ConnectionError`, "
    "`kombu.exceptions.OperationalError` or `requests.exceptions.ReadTimeout`, or `ConnectionRefusedError`, within a "
    "second of the failure, for the same path where the line names one.",
    remedies=(
        Remedy(
            text="Read the address in that line, and look whether the service runs there (`systemctl status`, "
            "`docker ps`)."
        ),
        Remedy(
            text="Let pages do without a cache, and send tasks after the answer: neither has to fail a request.",
            settings={
                "django-redis": 'OPTIONS {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1, "IGNORE_EXCEPTIONS": True}',
                "Celery": "broker_transport_options, delay_on_commit()",
            },
        ),
        Remedy(
            text="Give every call a time limit below the proxy's, and say what happens then.",
            settings={"requests, httpx": "timeout=(2, 10)"},
        ),
    ),
    confused_with="The server and the database do their work.",
)

DISK_FULL = Cause(
    id="application-disk-full",
    title="The application could not write: its disk was full",
    family=FAMILY,
    statuses=(500,),
    explanation="An upload, a session, a log or a temporary file had no room: on the disk, in the container's layer, "
    "in "
    "/tmp, or there were no inodes left.",
    evidence="The application's log: `OSError: [Errno 28] No space left on device`, within a second of the failure, "
    "for "
    "the same path where the line names one.",
    remedies=(
        Remedy(text="See which disk it is, and what fills it: `df -h`, `df -i`, `du -xh / | sort -h | tail`."),
        Remedy(
            text="Put what grows elsewhere, and let logs rotate.",
            settings={
                "Django": "FILE_UPLOAD_TEMP_DIR, MEDIA_ROOT, SESSION_ENGINE",
                "Docker": "log-opts max-size=10m, max-file=3",
                "systemd": "SystemMaxUse=1G in journald.conf",
            },
        ),
        Remedy(text="Remove sessions that are over.", settings={"Django": "manage.py clearsessions"}),
    ),
    confused_with="It is not nginx's disk: that is another line, in its own log.",
)

OUT_OF_FILES = Cause(
    id="application-out-of-files",
    title="The application had as many files and connections open as it may have",
    family=FAMILY,
    statuses=(500,),
    explanation="Each socket and each file is an open file of its process. Mostly something is not closed: connections "
    "of a client that is made anew for each request, or files without `with`.",
    evidence="The application's log: `OSError: [Errno 24] Too many open files`, within a second of the failure.",
    remedies=(
        Remedy(text="See what is open: `ls -l /proc/PID/fd | awk '{print $NF}' | sort | uniq -c | sort -n | tail`."),
        Remedy(text="Make clients of services once a process, not once a request, and close files with `with`."),
        Remedy(
            text="Allow more: 65536 is usual (default 1024).",
            settings={"systemd": "LimitNOFILE=65536", "Docker": "--ulimit nofile=65536"},
        ),
    ),
    confused_with="It is not nginx's limit: that is another line, in its own log.",
)

NO_MEMORY = Cause(
    id="application-memory-error",
    title="Python got no memory for what the request wanted",
    family=FAMILY,
    statuses=(500,),
    explanation="The process may have no more memory (a limit of its own, for the kernel would have killed it), or one "
    "object was to be larger than there is room.",
    evidence="The application's log: `MemoryError`, within a second of the failure, for the same path where the line "
    "names one.",
    remedies=(
        Remedy(
            text="Do not hold whole results: iterate, and write exports row by row.",
            settings={"Django": ".iterator(chunk_size=2000), StreamingHttpResponse"},
        ),
        Remedy(
            text="See which limit it was: `cat /proc/PID/limits` (Max address space).",
            settings={"systemd": "LimitAS", "uWSGI": "limit-as"},
        ),
        Remedy(text="Refuse what is too large before it is read.", settings={"Django": "DATA_UPLOAD_MAX_MEMORY_SIZE"}),
    ),
    confused_with="No worker died: the kernel killed nobody.",
)

NO_STATIC_FILE = Cause(
    id="static-files-not-collected",
    title="A template names a static file that was not collected",
    family=FAMILY,
    statuses=(500,),
    explanation="With hashed names Django looks each static file up in a list that `collectstatic` writes, and a page "
    "that names another one is a 500.",
    evidence="The application's log: `ValueError: Missing staticfiles manifest entry for`, within a second of the "
    "failure, for the same path where the line names one.",
    remedies=(
        Remedy(
            text="Collect them in the deploy, with the settings of production, before the server starts.",
            settings={"Django": "manage.py collectstatic --noinput, STATIC_ROOT"},
        ),
        Remedy(text="Look whether the file that the line names is there: letters large and small count on Linux."),
        Remedy(text="Restart the workers: they read the list once."),
    ),
    confused_with="With DEBUG on it works, for nothing is looked up there.",
)

ANSWERED_RULES = (
    Rule(cause=SERVICE_UNREACHABLE, where="c.app_answered", proof=near(ServerEvent.SERVICE_UNREACHABLE)),
    Rule(cause=DISK_FULL, where="c.app_answered", proof=near(ServerEvent.DISK_FULL)),
    Rule(cause=OUT_OF_FILES, where="c.app_answered", proof=near(ServerEvent.OUT_OF_FILES)),
    Rule(cause=NO_MEMORY, where="c.app_answered", proof=near(ServerEvent.MEMORY_ERROR)),
    Rule(cause=NO_STATIC_FILE, where="c.app_answered", proof=near(ServerEvent.STATIC_FILE_UNKNOWN)),
)

CAUSES = (SERVICE_UNREACHABLE, DISK_FULL, OUT_OF_FILES, NO_MEMORY, NO_STATIC_FILE)
