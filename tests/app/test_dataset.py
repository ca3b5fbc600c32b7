import io
from itertools import islice
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.forms import model_to_dict

from school.dataset import make
from school.dataset.load import batches, load
from school.dataset.restore import NotAsLoadedError, restore
from school.models import Course, LoadedDataset, Member, Score
from tests.app.conftest import MEMBERS

pytestmark = pytest.mark.usefixtures("school")


def a_score(**changes: Any) -> Score:
    return Score(**{"member_id": 1, "course_id": 1, "points": 50, "taken_on": make.LAST_DAY} | changes)


def run(command: str) -> str:
    output = io.StringIO()
    call_command(command, stdout=output, stderr=output)
    return output.getvalue().strip()


def content(model: type[Model]) -> list[dict[str, Any]]:
    return list(model._default_manager.order_by("id").values())


def test_the_same_seed_makes_the_same_data():
    def everything() -> list[dict[str, Any]]:
        return [model_to_dict(row) for row in (*make.make_members(50), *make.make_scores(50))]

    assert everything() == everything()


def test_another_seed_makes_other_data():
    def cities(seed: int) -> list[str]:
        return [member.city for member in make.make_members(50, seed=seed)]

    assert cities(1) != cities(2)


def test_a_larger_school_has_the_members_of_a_smaller_one():
    small = [member.email for member in make.make_members(10)]

    assert [member.email for member in islice(make.make_members(1000), 10)] == small


def test_a_member_has_ten_scores_on_average():
    scores = list(make.make_scores(2000))

    assert len(scores) / 2000 == pytest.approx(10, abs=0.3)
    assert all(0 <= score.points <= 100 for score in scores)
    assert [score.pk for score in scores] == list(range(1, len(scores) + 1))


def test_batches_leave_nothing_out():
    assert list(batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batches([], 3)) == []


def test_what_was_loaded_is_written_down():
    dataset = LoadedDataset.objects.get()

    assert (dataset.members, dataset.version, dataset.seed) == (MEMBERS, make.VERSION, make.SEED)
    assert (dataset.scores, dataset.courses) == (Score.objects.count(), Course.objects.count())


def test_preparing_again_keeps_the_data():
    loaded_at = LoadedDataset.objects.get().loaded_at

    assert run("prepare") == f"reused: {MEMBERS} members were already loaded"
    assert LoadedDataset.objects.get().loaded_at == loaded_at


def test_preparing_again_takes_back_what_was_written():
    before = content(Score)
    a_score().save()

    assert run("prepare").startswith("reused")
    assert content(Score) == before


def test_preparing_another_number_of_members_loads_anew_and_leaves_nothing_of_the_old():
    expected = content(Score)
    load(7)
    assert (Member.objects.count(), Score.objects.filter(member__gt=7).count()) == (7, 0)

    assert run("prepare").startswith(f"loaded: {MEMBERS} members")
    assert content(Score) == expected


def test_preparing_data_of_an_older_version_loads_anew():
    LoadedDataset.objects.update(version=make.VERSION - 1)

    assert run("prepare").startswith("loaded")


def test_preparing_damaged_data_loads_anew_and_says_why():
    Score.objects.filter(pk=3).delete()

    output = run("prepare")

    assert "loading anew, because the database holds" in output
    assert "loaded: " in output


def test_restoring_takes_back_exactly_what_was_added():
    before = {model: content(model) for model in (Member, Course, Score)}
    course = Course.objects.create(code="NEW-1", title="New")
    a_score(course=course).save()
    a_score().save()

    assert run("restore") == "restored: 3 rows taken back"
    assert {model: content(model) for model in (Member, Course, Score)} == before


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda: Score.objects.filter(pk=3).delete(), "scores, loaded were"),
        (lambda: Score.objects.filter(pk=3).update(points=101), "points in all, loaded were"),
        (lambda: Member.objects.filter(pk=100).delete(), f"{MEMBERS - 1} members, loaded were {MEMBERS}"),
        (lambda: Course.objects.create(pk=0, code="OLD", title="Old"), "courses, loaded were"),
    ],
    ids=["a score is gone", "a score is changed", "a member is gone", "a course is too many"],
)
def test_restoring_fails_when_the_loaded_data_is_not_there_and_deletes_nothing(damage, reason):
    damage()
    a_score().save()
    before = content(Score)

    with pytest.raises(NotAsLoadedError, match=reason):
        restore()

    assert content(Score) == before


def test_restoring_where_nothing_was_loaded_fails_with_the_remedy():
    LoadedDataset.objects.all().delete()

    with pytest.raises(CommandError, match=r"nothing is loaded in this database; run: manage\.py prepare"):
        run("restore")


def test_every_row_says_what_it_is():
    assert str(Member.objects.get(pk=1)).startswith("M0000001 ")
    assert str(Course.objects.get(pk=1)) == "ALG-1 Algebra I"
    assert str(a_score()) == "50 points"
