"""The commands that explain failures: from log files, and by the catalogue of causes."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from badgateway.analysis.explanation import explain as explain_logs
from badgateway.causes.catalogue import BY_ID
from badgateway.causes.pages import render_page
from badgateway.cli.entry import PATH, cli
from badgateway.cli.terminal import echo, echo_page
from badgateway.errors import ConfigurationError, RawDataError
from badgateway.logs import GivenFormat, Source, given_format
from badgateway.logs.examples import PREFIXED, examples
from badgateway.model.explanation import Explanation
from badgateway.report.explanation.json_document import render_json
from badgateway.report.explanation.markdown_page import render_markdown
from badgateway.report.explanation.short_page import render_short
from badgateway.report.explanation.text_page import render_text
from badgateway.report.explanation.text_rows import Paint, Role, unpainted

_NARROWEST, _WIDEST = 60, 100
_STDIN = Path("-")
_OF_TEXT = ("", ".txt", ".text", ".log")
_OFFSET = re.compile(r"([+-])(\d\d):?([0-5]\d)")
_FURTHEST_HOURS = 14


def _html(explanation: Explanation) -> str:
    # Its templates and charts take longer to import than a short log to read, and no other form has them.
    from badgateway.report.explanation.html_page import render_html  # noqa: PLC0415 # see above

    return render_html(explanation)


_OTHER_FORMATS: dict[str, Callable[[Explanation], str]] = {
    "md": render_markdown,
    "html": _html,
    "json": render_json,
}


def _utc_offset_s(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    match = _OFFSET.fullmatch(value)
    if match is None or int(match[2]) > _FURTHEST_HOURS:
        raise click.BadParameter(f"{value!r} is no offset from UTC; write one like +02:00 or -05:30")
    sign = -1 if match[1] == "-" else 1
    return sign * (int(match[2]) * 3600.0 + int(match[3]) * 60.0)


def _list_formats(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 # click's
    if not value or context.resilient_parsing:
        return
    for name, example in (*examples().items(), *PREFIXED.items()):
        echo(f"{name}\n    {example}")
    context.exit()


@cli.command()
@click.argument("cause_id", metavar="ID")
def cause(cause_id: str) -> None:
    """Print the page about a cause of failures: how to recognise it, and what to change.

    ID is the name that `badgateway explain` and the reports give it.

    \b
    Example:
      badgateway cause listen-queue-full
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    if cause_id not in BY_ID:
        near = get_close_matches(cause_id, BY_ID, n=3)
        remedy = f"did you mean {' or '.join(near)}?" if near else "badgateway explain and the reports name them"
        raise ConfigurationError(f"cause: {cause_id!r} is not in the catalogue of {len(BY_ID)} causes; {remedy}")
    echo_page(render_page(BY_ID[cause_id]))


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PATH)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", *_OTHER_FORMATS]),
    help="Form of the answer.  [default: what --output ends with, else text]",
)
@click.option(
    "--utc-offset",
    "utc_offset_s",
    callback=_utc_offset_s,
    metavar="+HH:MM",
    help="Zone of the logs that have local times without one, as nginx's error log, and of the times shown.  "
    "[default: found out from the logs, else +00:00]",
)
@click.option(
    "--log-format",
    "log_formats",
    multiple=True,
    metavar="[FILE=]FORMAT",
    help="Format of an access log, as nginx's log_format, Apache's LogFormat or an application server's own setting "
    "has it, for the files whose lines fit it, or for one.  May be given several times.",
)
@click.option(
    "--list-formats",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_list_formats,
    help="Show a line of each kind of log that is read, and end.",
)
@click.option("--no-mask", "mask", is_flag=True, default=True, flag_value=False, help="Show secrets as they are.")
@click.option("--follow", is_flag=True, help="Read what is appended to the files, and tell of failures as they come.")
@click.option("--json-lines", is_flag=True, help="With --follow: a JSON object in each line, for programs.")
@click.option("--full", is_flag=True, help="Show all causes with their lines and remedies, not twenty lines.")
@click.option("--output", type=PATH, metavar="FILE", help="Write there, not to standard output.")
def explain(  # noqa: PLR0913 # one parameter per option
    files: tuple[Path, ...],
    format_: str | None,
    utc_offset_s: float | None,
    log_formats: tuple[str, ...],
    output: Path | None,
    *,
    follow: bool,
    json_lines: bool,
    full: bool,
    mask: bool,
) -> None:
    """Tell from log files why requests failed, by which lines, and what to change.

    Give all logs of the same time together, plain or .gz, in any order; - is standard input. What each one is, is seen
    from its content: nginx access logs (combined, or JSON) and error logs, logs of uWSGI and Gunicorn, access logs of
    AWS load balancers. Several may be in one file, as in what docker compose logs or journalctl print. The more of
    them, the more can be told.

    Secrets are masked in all that is shown, in query strings, headers and paths, unless --no-mask is given.

    \b
    Examples:
      badgateway explain access.log error.log uwsgi.log
      zcat access.log.*.gz | badgateway explain - error.log --output failures.html
      badgateway explain --follow access.log error.log uwsgi.log
      badgateway explain --log-format '$time_iso8601 $host "$request" $status $request_time' access.log error.log

    With --follow it begins at the end of the files and goes on until Ctrl-C, which is no error.

    Exit status: 0 the logs were read, whether requests failed or not; 2 a file is missing, empty or no log; 4 the
    answer could not be written.
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    _require_distinct(files)
    sources = _sources(files, log_formats)
    if follow:
        _require_nothing_else(format_, output, full=full)
        _follow(sources, utc_offset_s, json_lines=json_lines, mask=mask)
        return
    if json_lines:
        raise ConfigurationError("--json-lines is for --follow; --format json has the whole answer")
    form = format_ or _format_of(output)
    explanation = _explained(sources, utc_offset_s, mask=mask)
    _write(_rendered(explanation, form, full=full, to_terminal=output is None), output)


def _require_distinct(files: tuple[Path, ...]) -> None:
    for file in files:
        if files.count(file) > 1:
            raise ConfigurationError(f"{file}: is named twice, so its requests would count twice; name it once")


def _require_nothing_else(format_: str | None, output: Path | None, *, full: bool) -> None:
    given = {"--format": format_ is not None, "--output": output is not None, "--full": full}
    for name in (name for name, is_given in given.items() if is_given):
        raise ConfigurationError(f"{name} is of no use with --follow; take it away, or redirect the output")


def _follow(sources: Sequence[Source], utc_offset_s: float | None, *, json_lines: bool, mask: bool) -> None:
    # What it needs is of no use to an answer that is given once.
    from badgateway.cli.follow import follow  # noqa: PLC0415 # see above

    follow(sources, utc_offset_s=utc_offset_s, mask=mask, json_lines=json_lines, paint=_paint_of_terminal())


def _explained(sources: Sequence[Source], utc_offset_s: float | None, *, mask: bool) -> Explanation:
    try:
        return explain_logs(sources, utc_offset_s=utc_offset_s, mask=mask)
    except RawDataError as error:
        # Here the files are what the user wrote, not something the kit made.
        raise ConfigurationError(" ".join(str(error).splitlines())) from error


def _sources(files: tuple[Path, ...], log_formats: tuple[str, ...]) -> list[Source]:
    """Have the files with the formats given for them: one for a file goes before one for all."""
    formats: dict[Path | None, GivenFormat] = {}
    for given in log_formats:
        file = next((file for file in files if given.startswith(f"{file}=")), None)
        if file in formats:
            raise ConfigurationError(
                f"--log-format is given twice for {file or 'all files'}; name the file: --log-format FILE=FORMAT"
            )
        formats[file] = given_format(given.removeprefix(f"{file}="))
    return [_source(file, formats.get(file, formats.get(None))) for file in files]


def _source(file: Path, log_format: GivenFormat | None) -> Source:
    if file == _STDIN:
        return Source(name="standard input", content=sys.stdin.buffer, log_format=log_format)
    return Source(name=click.format_filename(file), content=file, log_format=log_format)


def _format_of(output: Path | None) -> str:
    ending = output.suffix if output else ""
    if ending.removeprefix(".") in _OTHER_FORMATS:
        return ending.removeprefix(".")
    if ending in _OF_TEXT:
        return "text"
    endings = ", ".join((*(f".{name}" for name in _OTHER_FORMATS), *filter(None, _OF_TEXT)))
    raise ConfigurationError(
        f"--output {output}: no form of the answer ends with {ending!r}; write one of {endings}, or name its --format"
    )


def _rendered(explanation: Explanation, format_: str, *, full: bool, to_terminal: bool) -> str:
    if format_ in _OTHER_FORMATS:
        return _OTHER_FORMATS[format_](explanation)
    render = render_text if full else render_short
    if not to_terminal or not sys.stdout.isatty():
        return render(explanation, width=_WIDEST)
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    return render(explanation, width=width, paint=_paint_of_terminal())


_LOOKS: dict[Role, dict[str, Any]] = {
    Role.STRONG: {"bold": True},
    Role.FAILED: {"fg": "red"},
    Role.SURE: {"fg": "green"},
    Role.UNSURE: {"fg": "yellow"},
    Role.FAINT: {"dim": True},
}


def _paint_of_terminal() -> Paint:
    # What no-color.org asks of programs.
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return unpainted
    return lambda role, text: click.style(text, **_LOOKS[role])


def _write(text: str, output: Path | None) -> None:
    if output is None:
        echo_page(text)
    else:
        output.write_bytes(text.encode())
