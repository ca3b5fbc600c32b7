"""Renders the catalogue as pages: python -m badgateway.causes.pages docs/causes."""

import sys
from collections.abc import Iterable
from pathlib import Path

from badgateway.causes.catalogue import BY_ID, CAUSES, RULES
from badgateway.causes.symptoms import SYMPTOMS
from badgateway.model.diagnosis import Cause, Certainty
from badgateway.servers.advice import advice_for, any_server

COMMAND = "python -m badgateway.causes.pages docs/causes"

_MADE = f"<!-- Made from badgateway/causes by `{COMMAND}`; change it there. -->"

_MEANING = {
    Certainty.PROVEN: "proven: a line or a number of this very request or moment says so",
    Certainty.FAMILY: "a family: several causes fit, and these logs cannot tell them apart",
}

_INTRODUCTION = """\
# Causes

Why requests fail behind nginx or a load balancer, how to recognise each cause, and what to change.

The tables below are read from the top: find what the client got, then the line or the number that you see. The first
row that fits is the cause. A status alone never names one.
"""


def render_page(cause: Cause) -> str:
    """Return what is known of a cause, in Markdown."""
    parts = [
        f"# {cause.title}",
        f"`{cause.id}` · {cause.family} · {_seen(cause)}",
        f"Certainty: {', or '.join(_MEANING[certainty] for certainty in _certainties(cause))}.",
        f"## What happens\n\n{cause.explanation}",
        f"## How to recognise it\n\n{cause.evidence}",
        "## What to change\n\nIn order of effect:\n\n" + "\n".join(_remedies(cause)),
    ]
    if cause.confused_with:
        parts.append(f"## What it is not\n\n{cause.confused_with}")
    return "\n\n".join(parts) + "\n"


def _file(cause: Cause) -> str:
    return f"{_MADE}\n\n{render_page(cause)}\n[All causes](index.md)\n"


def render_index(causes: Iterable[Cause] = CAUSES) -> str:
    """Return the page that leads to the causes: by what one sees, and by family."""
    parts = [_MADE, _INTRODUCTION.rstrip()]
    for heading, rows in SYMPTOMS:
        lines = [f"| {seen} | {', '.join(_link(id_) for id_ in ids)} |" for seen, ids in rows]
        parts.append(f"## {heading}\n\n| you see | cause |\n|---|---|\n" + "\n".join(lines))
    rows_of_all = [
        f"| [{cause.id}]({cause.id}.md) | {cause.title} | {_seen(cause)} | {cause.family} |" for cause in causes
    ]
    parts.append(
        "## All causes\n\n| cause | in words | seen as | family |\n|---|---|---|---|\n" + "\n".join(rows_of_all)
    )
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return all pages by file name."""
    return {"index.md": render_index(), **{f"{cause.id}.md": _file(cause) for cause in CAUSES}}


def write_pages(folder: Path) -> None:
    """Write all pages and delete those of causes that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _seen(cause: Cause) -> str:
    return ", ".join(str(status) for status in cause.statuses)


def _certainties(cause: Cause) -> tuple[Certainty, ...]:
    return tuple(dict.fromkeys(rule.certainty for rule in RULES if rule.cause is cause))


def _remedies(cause: Cause) -> Iterable[str]:
    for number, advice in enumerate(advice_for(cause, any_server()), start=1):
        yield f"{number}. {advice.text}"
        yield from (f"   - {where}: **{setting}**" for where, setting in advice.settings.items())


def _link(cause_id: str) -> str:
    return f"[{BY_ID[cause_id].id}]({cause_id}.md)"


if __name__ == "__main__":
    # A folder named --help would be written, and deleted from, as any other.
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(f"usage: {COMMAND}")
    write_pages(Path(sys.argv[1]))
