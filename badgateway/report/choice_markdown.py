"""How the pick was made, in Markdown short enough for a comment."""

from collections.abc import Iterator

from badgateway.report.choice import CapacityRow, ChoiceView
from badgateway.report.document import Document
from badgateway.report.markdown_text import escaped


def choice_lines(page: Document) -> str:
    """Return the chain of reasons, the noise, the INVALID trials and the gap between the loops; empty without."""
    gaps = "\n".join(f"- {escaped(gap.sentence)}" for gap in page.loop_gaps)
    blocks = (
        "\n\n".join(_blocks(page.choice)) if page.choice else "",
        f"Users who wait, and requests at a rate:\n\n{gaps}" if gaps else "",
        _unseen(page) if page.choice else "",
    )
    return "\n\n".join(block for block in blocks if block)


def _blocks(view: ChoiceView) -> Iterator[str]:
    yield f"{escaped(view.exit_status)} How the pick was made:"
    yield "\n".join(
        f"{place}. **{escaped(step.title)}**: {escaped(step.summary)}"
        + "".join(f"\n   - {escaped(link.sentence)}" for link in step.links)
        for place, step in enumerate(view.steps, start=1)
    )
    yield f"Noise: {escaped(view.noise)}"
    if view.capacities:
        yield f"Capacity at the objective. {escaped(view.capacity_caption)}\n\n" + "\n".join(
            _capacity(row) for row in view.capacities
        )
    yield f"Trials: {escaped(view.invalid.sentence)}" + "".join(
        f"\n- {escaped(f'{row.count}: {row.reason}')}" for row in view.invalid.rows
    )


def _capacity(row: CapacityRow) -> str:
    interval = f"; 95 % interval {row.interval.text}" if not row.interval.why else ""
    confirmed = f"; confirmed at {row.confirmed.text}" if not row.confirmed.why else "; not confirmed"
    return f"- {row.name}: {escaped(f'{row.estimate.text}{interval}{confirmed}; {row.remark}; trials: {row.trials}')}"


def _unseen(page: Document) -> str:
    lines = "\n".join(f"- {escaped(line)}" for line in page.limits)
    return f"What this could not have seen:\n\n{lines}"
