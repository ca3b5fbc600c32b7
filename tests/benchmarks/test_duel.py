import click
import pytest

from benchmarks.duel import Duel, Row, Spread, fight, is_slower, require_all


def row(*ratios, work="x"):
    spread = Spread.of(list(ratios))
    return Row(work=work, unit="s", against="y", pairs=len(ratios), ours=spread, anchor=spread, ratio=spread, load=0.0)


def test_ours_and_the_anchor_take_turns_and_each_begins_in_every_other_pair():
    ran = []

    def run(who, seconds):
        ran.append(who)
        return {"seconds": seconds}

    duel = Duel(
        work="x", quantities=("seconds",), ours=lambda: run("o", 3), anchor=lambda: run("a", 2), against="an anchor"
    )
    (found,) = fight(duel, 4)

    assert "".join(ran) == "oaaooaao"
    assert (found.pairs, found.ratio, found.against) == (4, Spread(median=1.5, low=1.5, high=1.5), "an anchor")


def test_without_an_anchor_there_is_no_ratio_and_ours_is_what_is_compared():
    took = iter([1.0, 3.0, 2.0])
    (found,) = fight(Duel(work="x", quantities=("mb",), ours=lambda: {"mb": next(took)}), 3)

    assert (found.ratio, found.anchor) == (None, None)
    assert found.compared == Spread(median=2.0, low=1.0, high=3.0)


@pytest.mark.parametrize(
    ("now", "slower"),
    [
        ((1.2, 1.3, 1.4), True),
        ((1.05, 1.3, 1.4), False),
        ((0.5, 0.6, 0.7), False),
    ],
)
def test_slower_is_what_lies_beyond_every_earlier_pair(now, slower):
    assert is_slower(row(*now), row(0.9, 1.0, 1.1)) is slower


def test_what_is_beyond_every_pair_but_hardly_slower_is_the_same():
    assert not is_slower(row(1.03, 1.03, 1.04), row(0.99, 1.0, 1.01))


def test_a_row_that_is_not_measured_any_more_is_no_pass():
    with pytest.raises(click.ClickException, match="not measured this time: gone, s, y"):
        require_all([row(1)], [row(1), row(1, work="gone")])
