"""A cause that a site's files invite: what they say, where, and what is to be turned."""

from dataclasses import dataclass

from badgateway.causes.server_files import Said
from badgateway.causes.site_files import SiteFiles
from badgateway.model.diagnosis import Cause
from badgateway.model.knob import Knob


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A cause that is invited, by what was said where."""

    cause: Cause
    what: str
    said: tuple[Said, ...]
    """The line that matters most first."""
    change: str
    """What to turn, as the server, nginx and Django spell it."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Each with the file and the line, or whose default it is."""
        return tuple(one.line for one in self.said)


def known(*said: Said | None) -> tuple[Said, ...]:
    """Return what was said of these."""
    return tuple(one for one in said if one is not None)


def turn(site: SiteFiles, *knobs: Knob, proxy: str = "", django: str = "") -> str:
    """Return what to turn, each by whose it is.

    Args:
        site: Whose server it is.
        knobs: Of the server.
        proxy: Directives of nginx.
        django: Settings of Django.
    """
    own = f"{site.server.label}: {site.server.spelled(knobs, site.model)}" if site.server and knobs else ""
    others = (f"{whose}: {what}" if what else "" for whose, what in (("nginx", proxy), ("Django", django)))
    return "; ".join(filter(None, (own, *others)))
