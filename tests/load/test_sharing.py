from dataclasses import replace

from badgateway.load.sharing import WorkerReport, WorkerShare, summed

KNOWN = WorkerReport(drained_s=5, cpu_share=0.5, user_errors=1, arrivals=100, missed_arrivals=2, stopped_users=1)


def test_users_dealt_round_to_three_workers_have_the_numbers_of_one_process():
    # Ten users: the first worker gets four of them, the others three.
    dealt = {0: 4, 1: 3, 2: 3}
    numbers = [
        WorkerShare(index=index, workers=3, users=10, start_s=0).number_of(local)
        for index, users in dealt.items()
        for local in range(users)
    ]

    assert sorted(numbers) == list(range(10))


def test_accounts_are_summed_but_the_busiest_and_the_last_process_speak_for_all():
    both = summed([KNOWN, replace(KNOWN, cpu_share=0.9, drained_s=7, missed_arrivals=0)])

    assert both == {
        "drained_s": 7,
        "processes": 2,
        "generator_cpu_share": 0.9,
        "user_errors": 2,
        "arrivals": 200,
        "missed_arrivals": 2,
        "stopped_users": 2,
        "stopped_why": None,
    }


def test_the_first_word_of_why_users_were_stopped_is_kept():
    told = [KNOWN, replace(KNOWN, stopped_why="asked a"), replace(KNOWN, stopped_why="asked b")]

    assert summed(told)["stopped_why"] == "asked a"


def test_a_process_that_does_not_know_its_share_leaves_it_unknown():
    assert summed([KNOWN, replace(KNOWN, cpu_share=None)])["generator_cpu_share"] is None


def test_no_account_is_no_drained_load():
    nothing = summed([])

    assert (nothing["processes"], nothing["drained_s"], nothing["generator_cpu_share"]) == (0, None, None)
