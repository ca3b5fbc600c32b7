"""Another axis touches what docs/how-to.md names, and schedules, summaries and rankings follow: tried on a copy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = """
CLIENT_PAUSE = Axis(
    key="client_pause_ms",
    values="client_pauses_ms",
    value="{} ms",
    folder="{}pause",
    name="pause of each user",
    short="client pause",
    noun="pause",
    where="users pausing for {} ms",
    condition="with a pause of {} ms",
    several="with pauses of {} ms",
    how="Each user waits that much longer.",
    unseen="Users who pause.",
)

"""
LISTED = re.compile(r"^AXES = \((.*?),?\)$", re.MULTILINE)
FIELDS = {
    "model/configuration.py": "database_distances_ms",
    "model/experiment.py": "database_distances_ms",
    "model/trial.py": "database_distance_ms",
}
SCRIPT = """
from dataclasses import replace
from badgateway.judge.axis_rankings import rank_along_axes
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial
from badgateway.plan.schedule import schedule
from badgateway.words.axes import sentence
from tests.declared import declared
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, record, summarised

both = {"database_distances_ms": [0, 5], "client_pauses_ms": [0, 3, 9]}
one = {"server": "servers/uwsgi.ini", "driver": "mysqlclient", "workers": 2, **both}
asked = Experiment.model_validate(
    declared(
        configurations=[{"name": name, **one} for name in ("one", "two")],
        load={"locustfile": "experiments/load.py", "users": [50]},
    )
)
trials = schedule(asked)
assert len({trial.id for trial in trials}) == len(trials) == 12
assert all(Trial.named(trial.id).at == trial.at for trial in trials)


def ran(name, at):
    p95_ms = 100 + 10 * at[0] + (5 * at[-1] if name == "one" else 200 - 30 * at[-1])
    trial = replace(record(name).trial, database_distance_ms=at[0], client_pause_ms=at[-1])
    return evidence({OK: 400, BAD_GATEWAY: 0}, replace(record(name), trial=trial), latencies_ms=[p95_ms])


found = {name: [ran(name, at) for at in asked.baseline.measured_at] for name in ("one", "two")}
for ranking in rank_along_axes(asked, summarised(asked, found)):
    print(ranking.axis.key, sentence(ranking))
"""


def doubled(line: re.Match[str]) -> str:
    """Return the declaration of a field, and the same for the axis that is tried."""
    return f"{line[0]}\n{line[0].replace('database_distance', 'client_pause')}"


def with_another_axis(folder: Path) -> Path:
    engine = folder / "badgateway"
    shutil.copytree(ROOT / "badgateway", engine, ignore=shutil.ignore_patterns("__pycache__"))
    axes = engine / "model" / "axis.py"
    axes.write_text(LISTED.sub(lambda found: f"{ROW}\nAXES = ({found[1]}, CLIENT_PAUSE)", axes.read_text()))
    for path, name in FIELDS.items():
        file = engine / path
        declared = re.compile(rf"^    {name}: .*$", re.MULTILINE)
        file.write_text(declared.sub(doubled, file.read_text()))
    (folder / "tests").symlink_to(ROOT / "tests")
    return folder


def test_another_axis_takes_a_row_and_three_fields_besides_the_module_that_makes_it_so(tmp_path):
    place = with_another_axis(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=place,
        env={"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "database_distance_ms The ranking is the same with 0 and 5 ms a round trip to the database.",
        "client_pause_ms The ranking changes with the pause: at 9 ms two is ahead of one.",
    ]


def test_the_page_names_each_file_that_it_takes():
    page = (ROOT / "docs" / "how-to.md").read_text().partition("## An axis")[2].partition("\n## ")[0]

    for path in ("model/axis.py", *FIELDS, "stack/distance.py"):
        assert f"(../badgateway/{path})" in page
