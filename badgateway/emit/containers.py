"""For containers: an image, a pair of services for compose, and a Deployment of Kubernetes with its Service."""

import json
import math
from dataclasses import dataclass
from pathlib import PurePosixPath

from badgateway import numbers
from badgateway.emit.kernel import USUAL_SOMAXCONN, all_limits, ceiling, own_limits
from badgateway.emit.packages import build_packages, python_image, runtime_packages
from badgateway.emit.proxy import OPEN_FILES
from badgateway.emit.server_file import argv, made_by, server_file
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill
from badgateway.servers.environment_file import variables

NGINX_GROUP = 101
"""Of nginx in its image: it has to get at the socket."""
SITE_USER = 1000
_SERVER = "server"
"""What reports call the server's processes."""


def image_file(subject: Subject, folder: PurePosixPath) -> str:
    """Return the Dockerfile; `folder` is where the files are in the repository."""
    own = variables(server_file(subject)) if subject.deployable.is_environment else {}
    return fill(
        "Dockerfile.j2",
        made_by=made_by(subject),
        name=subject.place.name,
        folder=folder,
        image=python_image(subject),
        build=" ".join(build_packages(subject)),
        runtime=" ".join(runtime_packages(subject)),
        directory=subject.place.application,
        home=subject.place.home,
        settings=subject.place.settings,
        environment={name: json.dumps(value) for name, value in own.items()},
        user=f"{SITE_USER}:{NGINX_GROUP}",
        command=json.dumps(argv(subject)),
    )


def ignored_file() -> str:
    """Return what is not to get into the image."""
    return fill("dockerignore.j2")


def compose_file(subject: Subject, folder: PurePosixPath) -> str:
    """Return compose.yaml."""
    return fill("compose.yaml.j2", **_shared(subject), folder=folder, root="/".join([".."] * (len(folder.parts) + 1)))


def main_proxy_file(subject: Subject) -> str:
    """Return nginx's own file, for a container that has nothing else in it."""
    return fill("main.conf.j2", made_by=made_by(subject), open_files=OPEN_FILES)


def kubernetes_file(subject: Subject) -> str:
    """Return a Deployment and its Service."""
    own = own_limits(subject)
    return fill(
        "kubernetes.yaml.j2", **_shared(subject), use=use(subject), user=SITE_USER, own=own, network=_network(subject)
    )


def _network(subject: Subject) -> str:
    """Return what of a pod's own network is as in the trials, and what its deployer has to do for it."""
    own, first = own_limits(subject), ceiling(subject)
    told = "What sysctls says below is what [places] had set in them, see WHY.md; else a pod has its kernel's own."
    unsafe = ",".join(one.name for one in own if not one.is_safe)
    needs = f"its node's kubelet has --allowed-unsafe-sysctls={unsafe}"
    refused = f"A pod is refused with these (SysctlForbidden) unless {needs}."
    usual = (
        f"A pod's {first.name} is its node's kernel's default, {USUAL_SOMAXCONN} on Linux since 5.4; measured with "
        f"{first.name} = {first.value}, {first.basis}."
    )
    said = ((told, own), (refused, unsafe), (usual, not first.is_own))
    return " ".join(text for text, applies in said if applies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What the server's processes used in the trials at the highest load."""

    millicores: int
    peak_mebibytes: int
    said: str


def use(subject: Subject) -> Use | None:
    """Return what the server used; None where no trial has recorded it."""
    window_s = subject.document.experiment.load.window_s
    found = [one for trial in subject.top_trials for one in trial.processes if one.part == _SERVER]
    cpu = [one.cpu_s / window_s for one in found if one.cpu_s is not None]
    memory = [one.peak_rss_bytes for one in found if one.peak_rss_bytes is not None]
    if not cpu or not memory:
        return None
    mean, peak = sum(cpu) / len(cpu), max(memory)
    return Use(
        millicores=100 * math.ceil(10 * mean),
        peak_mebibytes=math.ceil(peak / 2**20),
        said=f"Measured: {numbers.rate(mean)} cores in the mean of {numbers.plural(len(cpu), 'trial')} at the highest "
        f"load, and {numbers.in_sentences(numbers.memory(peak))} at most; what processes share counts more than once.",
    )


def _shared(subject: Subject) -> dict[str, object]:
    place, environment = subject.place, subject.document.environment
    application = subject.document.experiment.application
    graceful_s = subject.configuration.graceful_stop_s
    return {
        "made_by": made_by(subject),
        "name": place.name,
        "run": place.socket.parent,
        "is_tcp": place.port is not None,
        "proxy_version": environment.versions.get("nginx", "stable"),
        "limits": all_limits(subject),
        "open_files": OPEN_FILES,
        "graceful_s": graceful_s,
        "group": NGINX_GROUP,
        "health": json.dumps(application.probe.path),
        "health_url": json.dumps(f"http://127.0.0.1{application.probe.path}"),
        # As in the trials. By itself a probe names the pod's address.
        "host": json.dumps(application.host or "127.0.0.1"),
        "read_s": subject.timeouts.proxy_read_s,
        "cpu": f"{subject.cpu:g}" if subject.cpu else "",
        "memory_mb": subject.memory_mb,
    }
