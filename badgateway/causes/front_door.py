"""Cloud load balancers: statuses that they make themselves, or relay."""

from badgateway.causes.conditions import behind
from badgateway.causes.rule import Rule
from badgateway.model.diagnosis import SERVER_LOG, Cause, Certainty, Remedy
from badgateway.model.knob import Knob
from badgateway.model.log_kind import LogKind, Proxy

FAMILY = "load balancer"

_TARGET_LOGS = Remedy(
    text="Read the logs of the targets too: a proxy's access and error log, or the server's own.",
    asks_for=(SERVER_LOG, LogKind.NGINX_ERROR, LogKind.APACHE_ERROR),
)
_TARGET_KEEPALIVE = Remedy(
    text="Let targets keep idle connections longer than the load balancer does: 75 s beside its 60 s.",
    knobs=(Knob.IDLE_CONNECTIONS,),
    settings={"nginx": "keepalive_timeout (default 75 s)"},
)
_IDLE = Remedy(
    text="Raise it above the slowest answer's first byte, and the proxy's limits with it (default 60 s).",
    settings={"ALB, Classic ELB": "idle timeout"},
)

ALB_502 = Cause(
    id="alb-502-from-target",
    title="The ALB got no valid answer from its target",
    family=FAMILY,
    statuses=(502,),
    explanation="The target refused or reset the connection, closed it while a request was outstanding, or sent a "
    "malformed header. A target whose keep-alive is shorter than the ALB's idle timeout does that all the time.",
    evidence="elb_status_code 502 with target_status_code `-`: the ALB made the status. Its log does not tell which of "
    "these it was.",
    remedies=(
        _TARGET_KEEPALIVE,
        _TARGET_LOGS,
        Remedy(
            text="If the target's own log has a good status for it: let each answer have a length, empty ones too.",
            knobs=(Knob.FRAMED_ANSWERS,),
            settings={"Django": "Content-Length: 0"},
        ),
    ),
)

ALB_503 = Cause(
    id="alb-no-targets",
    title="The ALB had no target to send the request to",
    family=FAMILY,
    statuses=(503,),
    explanation="The target group had no registered target, or none in use: during a deployment that deregisters "
    "before it registers, for one.",
    evidence="elb_status_code 503 with target_status_code `-`.",
    remedies=(
        Remedy(
            text="Register new targets and wait until they are healthy before old ones go.",
            settings={"ALB": "deployment"},
        ),
        Remedy(text="Look at HealthyHostCount at that time.", settings={"CloudWatch": "HealthyHostCount"}),
    ),
)

ALB_IDLE = Cause(
    id="alb-idle-timeout",
    title="The target did not answer within the ALB's idle timeout",
    family=FAMILY,
    statuses=(504,),
    explanation="The connection was made, but no byte came back in time. The target works on for nobody.",
    evidence="elb_status_code 504 with target_status_code `-` after clearly more than the 10 s that the ALB gives a "
    "connection.",
    remedies=(Remedy(text="Make the request faster, stream, or use a background job."), _IDLE, _TARGET_LOGS),
)

ALB_504 = Cause(
    id="alb-504-unexplained",
    title="The ALB gave up waiting for its target",
    family=FAMILY,
    statuses=(504,),
    explanation="Either the connection to the target was not made within 10 s (security group, full accept queue, dead "
    "machine), or no byte came within the idle timeout.",
    evidence="elb_status_code 504 with target_status_code `-`, and a duration that is not clearly above 10 s or not "
    "known.",
    remedies=(_TARGET_LOGS, _IDLE),
)

ELB_504 = Cause(
    id="classic-elb-504",
    title="The Classic ELB lost or gave up on its instance",
    family=FAMILY,
    statuses=(504,),
    explanation="A Classic ELB reports an instance that closes the connection early as 504, as well as one that is too "
    "slow for the idle timeout. So a 504 here can be what is a 502 everywhere else.",
    evidence="elb_status_code 504 with backend_status_code `-` or 0.",
    remedies=(_TARGET_KEEPALIVE, _IDLE, _TARGET_LOGS),
    confused_with="Not necessarily a slow request: look at the duration.",
)

ELB_503 = Cause(
    id="classic-elb-503",
    title="The Classic ELB had no healthy instance, or its surge queue was full",
    family=FAMILY,
    statuses=(503,),
    explanation="Up to 1,024 requests wait for an instance; those beyond are turned away, as are all when none is "
    "healthy.",
    evidence="elb_status_code 503 with backend_status_code `-` or 0.",
    remedies=(
        Remedy(text="Look at both at that time.", settings={"CloudWatch": "HealthyHostCount, SpilloverCount"}),
        Remedy(text="Serve more at a time."),
    ),
)

ELB_502 = Cause(
    id="classic-elb-502",
    title="The Classic ELB could not read the instance's answer",
    family=FAMILY,
    statuses=(502,),
    explanation="The answer was malformed, or the connection to the instance failed.",
    evidence="elb_status_code 502 with backend_status_code `-` or 0.",
    remedies=(_TARGET_LOGS,),
)

LB_ERROR = Cause(
    id="load-balancer-error",
    title="The load balancer itself failed",
    family=FAMILY,
    statuses=(500, 561),
    explanation="The load balancer made this status without an answer of a target: an authentication that failed, a "
    "rule of its firewall, or a fault of its own.",
    evidence="A status of 5xx other than 502, 503 and 504 with target_status_code `-`.",
    remedies=(Remedy(text="Look at actions_executed and error_reason in the same line."),),
)

TARGET_5XX = Cause(
    id="target-answered-5xx",
    title="The load balancer relayed the target's own status",
    family=FAMILY,
    statuses=(502, 503, 504),
    explanation="The target, mostly an nginx, answered with this status. Why it did is in its logs.",
    evidence="target_status_code is the status the client got.",
    remedies=(_TARGET_LOGS,),
)

_ALB = f"c.lb_made AND {behind(Proxy.ALB)}"
_ELB = f"c.lb_made AND {behind(Proxy.CLASSIC_ELB)}"

MADE_RULES = (
    Rule(cause=ALB_502, where=f"{_ALB} AND c.status = 502", certainty=Certainty.FAMILY),
    Rule(cause=ALB_503, where=f"{_ALB} AND c.status = 503"),
    Rule(cause=ALB_IDLE, where=f"{_ALB} AND c.status = 504 AND c.duration_s >= 20"),
    Rule(cause=ALB_504, where=f"{_ALB} AND c.status = 504", certainty=Certainty.FAMILY),
    Rule(cause=ELB_504, where=f"{_ELB} AND c.status = 504", certainty=Certainty.FAMILY),
    Rule(cause=ELB_503, where=f"{_ELB} AND c.status = 503", certainty=Certainty.FAMILY),
    Rule(cause=ELB_502, where=f"{_ELB} AND c.status = 502", certainty=Certainty.FAMILY),
    Rule(cause=LB_ERROR, where="c.lb_made", certainty=Certainty.FAMILY),
)
RELAYED_RULES = (
    Rule(cause=TARGET_5XX, where="c.balanced AND c.status IN (502, 503, 504)", certainty=Certainty.FAMILY),
)

CAUSES = (ALB_502, ALB_503, ALB_IDLE, ALB_504, ELB_504, ELB_503, ELB_502, LB_ERROR, TARGET_5XX)
