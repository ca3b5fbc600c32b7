"""What nginx fails at by itself: its own files and rules, and connections that it could not make safe or find."""

from badgateway.causes.conditions import because
from badgateway.causes.rule import Rule
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason

FAMILY = "the proxy itself"

DISK_FULL = Cause(
    id="proxy-disk-full",
    title="The disk of nginx's temporary files was full",
    family=FAMILY,
    statuses=(500, 200),
    explanation="nginx keeps large uploads, and answers that clients take slowly, in files. There was no room for one: "
    "an upload became nginx's own 500, an answer was cut in its middle, which the access log holds as a 200.",
    evidence='nginx: `pwrite() "..." failed (28: No space left on device)` or `has written only X of Y`, for this '
    "request; with `while reading upstream` the answer was cut, without it the upload was refused.",
    remedies=(
        Remedy(text="Make room on that disk: `df -h` and `df -i` on the folder that the line names."),
        Remedy(
            text="Put the temporary files on a disk with room.",
            settings={"nginx": "client_body_temp_path, proxy_temp_path, uwsgi_temp_path"},
        ),
        Remedy(
            text="Or keep no answers in files: a slow client then slows the application.",
            settings={"nginx": "proxy_max_temp_file_size 0, uwsgi_max_temp_file_size 0"},
        ),
    ),
    confused_with="The application did not fail: its own log has a good status for it, or nothing.",
)

TEMP_FORBIDDEN = Cause(
    id="proxy-temp-forbidden",
    title="nginx may not write its temporary files",
    family=FAMILY,
    statuses=(500, 200),
    explanation="nginx keeps large uploads, and answers that clients take slowly, in files. Its workers' account may "
    "not make one: an upload became nginx's own 500, an answer was cut after what fits the memory buffers, which the "
    "access log holds as a 200.",
    evidence='nginx, at level crit: `open() "..." failed (13: Permission denied)` or `mkdir() "..." failed`, for this '
    "request; with `while reading upstream` the answer was cut, without it the upload was refused.",
    remedies=(
        Remedy(
            text="Give the folder that the line names to the account of nginx's workers (chown), and let it enter the "
            "folders above.",
            settings={"nginx": "user"},
        ),
        Remedy(
            text="Or use a folder that it owns.",
            settings={"nginx": "client_body_temp_path, proxy_temp_path, uwsgi_temp_path"},
        ),
    ),
    confused_with="Small requests and answers work: they never touch the disk.",
)

REDIRECTION_CYCLE = Cause(
    id="redirection-cycle",
    title="nginx's own rules led round in a circle",
    family=FAMILY,
    statuses=(500,),
    explanation="rewrite, try_files, index or error_page sent the request from one address to the next, more than ten "
    "times. nginx gave up with a 500; the application was not asked.",
    evidence="nginx: `rewrite or internal redirection cycle while ...`, for this request.",
    remedies=(
        Remedy(
            text="Let the last of try_files be a status or a named location, such as =404 or @django.",
            settings={"nginx": "try_files, rewrite, error_page"},
        ),
    ),
)

AUTH_REQUEST = Cause(
    id="auth-request-failed",
    title="The service that nginx asks for permission failed",
    family=FAMILY,
    statuses=(500,),
    explanation="With auth_request nginx asks another address first. It answered neither 2xx, 401 nor 403, so nginx "
    "made a 500; the application was not asked.",
    evidence="nginx: `auth request unexpected status: 502 while sending to client`, for this request.",
    remedies=(
        Remedy(text="Look into that service's log: the status in the line is what it answered."),
        Remedy(text="Check the address that is asked.", settings={"nginx": "auth_request"}),
    ),
)

INVALID_BODY = Cause(
    id="invalid-response-body",
    title="The answer's body was malformed, and nginx cut it",
    family=FAMILY,
    statuses=(200,),
    explanation="The body was not what its header announced: broken chunks, or more bytes than Content-Length. nginx "
    "sends what it took to be good and closes; its access log still says 200.",
    evidence="nginx: `upstream sent invalid chunked response while reading upstream`, or `upstream sent more data than "
    'specified in "Content-Length" header`, for this request.',
    remedies=(
        Remedy(text="Let the server frame the body: set no Transfer-Encoding and no Content-Length by hand."),
        Remedy(
            text="Look for a middleware that changes the body and not its length.", settings={"Django": "MIDDLEWARE"}
        ),
    ),
    confused_with="The access log counts it as a success.",
)

TLS_FAILED = Cause(
    id="upstream-tls-failed",
    title="nginx and the server did not agree on TLS",
    family=FAMILY,
    statuses=(502,),
    explanation="nginx speaks https to this upstream. The handshake failed: the server speaks plain HTTP or another "
    "version of TLS, wants a name (SNI), or has a certificate that nginx does not accept.",
    evidence="nginx: `SSL_do_handshake() failed`, `peer closed connection in SSL handshake` or `upstream SSL "
    "certificate ...`, `while SSL handshaking to upstream`, for this request.",
    remedies=(
        Remedy(
            text="Send the name that the server's certificate has.",
            settings={"nginx": "proxy_ssl_server_name on, proxy_ssl_name"},
        ),
        Remedy(text="Use plain HTTP on one machine.", settings={"nginx": "proxy_pass http://..."}),
        Remedy(
            text="Trust the authority that signed the certificate.", settings={"nginx": "proxy_ssl_trusted_certificate"}
        ),
    ),
    confused_with="The application never saw the request.",
)

NAME_UNRESOLVED = Cause(
    id="upstream-name-unresolved",
    title="nginx could not resolve the upstream's name",
    family=FAMILY,
    statuses=(502,),
    explanation="proxy_pass has a variable in it, so nginx asks a name server while the request waits. It has none, it "
    "did not answer, or it does not know the name.",
    evidence="nginx: `... could not be resolved (3: Host not found)`, `(110: Operation timed out)` or `no resolver "
    "defined to resolve ...`, for this request.",
    remedies=(
        Remedy(
            text="Name the server to ask: 127.0.0.11 in Docker, kube-dns in Kubernetes.",
            settings={"nginx": "resolver 127.0.0.11 valid=10s"},
        ),
        Remedy(
            text="Or let nginx resolve the name once, when it starts.",
            settings={"nginx": "proxy_pass without a variable"},
        ),
    ),
    confused_with="The application never saw the request.",
)

CONNECT_RESET = Cause(
    id="connect-reset",
    title="The connection was reset while it was being made",
    family=FAMILY,
    statuses=(502,),
    explanation="Something answered at the address and refused at once. On TCP it is a full accept queue with "
    "net.ipv4.tcp_abort_on_overflow = 1 (tcp-accept-queue-full), a server that ends, or a firewall, a mesh or a port "
    "forward without a listener behind it (nothing-listening).",
    evidence="nginx: `connect() failed (104: Connection reset by peer) while connecting to upstream`.",
    remedies=(
        Remedy(text="See whether a server listens there: `ss -ltnp`, in its own container."),
        Remedy(text="Look at the queue's counter: `nstat -az TcpExtListenOverflows`."),
    ),
)

REJECTED = Cause(
    id="upstream-rejected-request",
    title="The server refused the request's stream",
    family=FAMILY,
    statuses=(502,),
    explanation="Over HTTP/2 or gRPC the server reset this one request with an error of the protocol, and kept the "
    "connection.",
    evidence="nginx: `upstream rejected request with error N while reading response header from upstream`.",
    remedies=(Remedy(text="Look into the server's log at that time; error 2 is a fault inside of it."),),
)

OTHER_ERROR = Cause(
    id="nginx-error-without-a-rule",
    title="nginx's error log has a line about the request that no rule knows",
    family=FAMILY,
    statuses=(500, 502, 503, 504),
    explanation="nginx says what went wrong with this very request, in words that are not known here. The evidence "
    "shows them.",
    evidence="A line at level error or above with the same request in the same second; of OpenResty, Kong and APISIX "
    "`lua entry thread aborted` in the second of a 500.",
    remedies=(Remedy(text="Read the line: it is about this request."),),
)

RULES = (
    Rule(cause=DISK_FULL, where=because(Reason.DISK_FULL, Reason.DISK_FULL_CUT)),
    Rule(cause=TEMP_FORBIDDEN, where=because(Reason.TEMP_FORBIDDEN, Reason.TEMP_FORBIDDEN_CUT)),
    Rule(cause=REDIRECTION_CYCLE, where=because(Reason.CYCLE)),
    Rule(cause=AUTH_REQUEST, where=because(Reason.AUTH_REQUEST)),
    Rule(cause=INVALID_BODY, where=because(Reason.INVALID_BODY)),
    Rule(cause=TLS_FAILED, where=because(Reason.NO_TLS)),
    Rule(cause=NAME_UNRESOLVED, where=because(Reason.UNRESOLVED)),
    Rule(cause=CONNECT_RESET, where=because(Reason.CONNECT_RESET), certainty=Certainty.FAMILY),
    Rule(cause=REJECTED, where=because(Reason.REJECTED)),
)
"""The line of the very request says it, so nothing else is asked."""

OTHER_RULES = (Rule(cause=OTHER_ERROR, where=because(Reason.OTHER), certainty=Certainty.FAMILY),)

CAUSES = (
    DISK_FULL,
    TEMP_FORBIDDEN,
    REDIRECTION_CYCLE,
    AUTH_REQUEST,
    INVALID_BODY,
    TLS_FAILED,
    NAME_UNRESOLVED,
    CONNECT_RESET,
    REJECTED,
    OTHER_ERROR,
)
