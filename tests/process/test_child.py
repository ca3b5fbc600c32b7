import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from badgateway.errors import DeploymentError, GuardianError
from badgateway.process import child as room
from badgateway.process import guardian_line
from badgateway.process.account import Account, service_account
from badgateway.process.child import Child, describe_exit
from badgateway.process.running import running
from tests.process.conftest import MakeCommand

SLEEP = "import time; time.sleep(60)"
IGNORE_TERM = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
DAEMONISE = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("escaped", os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
os.wait()
"""


def eventually(condition: Callable[[], object], deadline_s: float = 5) -> bool:
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def number_in(text: str) -> int:
    found = re.search(r"\d+", text)
    assert found is not None
    return int(found[0])


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_exit_code_is_none_while_it_runs_and_the_status_afterwards(python: MakeCommand):
    with running(python("import sys; sys.stdin.read(); sys.exit(7)")) as child:
        assert child.wait(5) == 7
        assert child.exit_code() == 7
    with running(python(SLEEP)) as child:
        assert child.exit_code() is None


def test_gets_the_environment_of_the_command_and_nothing_of_the_kits(python: MakeCommand, monkeypatch):
    monkeypatch.setenv("OF_THE_KIT", "1")
    with running(python("import os; print(sorted(os.environ), os.getcwd())")) as child:
        child.wait(5)

        shown = child.output()
    assert "'MARK', 'PATH'" in shown
    assert "OF_THE_KIT" not in shown
    assert str(child.command.directory) in shown


def test_stdout_and_stderr_are_appended_to_the_log(python: MakeCommand):
    command = python("import sys; print('out', flush=True); print('err', file=sys.stderr)")
    command.log.write_text("before\n")
    with running(command) as child:
        child.wait(5)

        assert child.output() == "out\nerr\n"
        assert child.tail(1) == "err"
        assert child.log_bytes() == len("out\nerr\n")
    assert command.log.read_text() == "before\nout\nerr\n"


def test_tail_gives_the_last_lines_of_a_long_log(python: MakeCommand):
    with running(python("for number in range(50000): print(number)")) as child:
        child.wait(5)

        assert child.tail(3).splitlines() == ["49997", "49998", "49999"]


def test_file_mode_mask_is_022_whatever_the_kits_is(python: MakeCommand):
    before = os.umask(0o077)
    try:
        with running(python("import os; print(oct(os.umask(0)))")) as child:
            child.wait(5)
            assert child.output() == "0o22\n"
    finally:
        os.umask(before)


def test_inherits_no_file_but_the_three_standard_ones(python: MakeCommand, tmp_path):
    with (tmp_path / "open").open("w"), running(python("import os; print(os.listdir('/dev/fd'))")) as child:
        child.wait(5)

        # The fourth is the listing's own.
        assert child.output() == "['0', '1', '2', '3']\n"


def test_stop_ends_a_willing_child_by_term_and_tells_so(python: MakeCommand):
    child = Child.start(python(SLEEP))

    assert child.stop() == -signal.SIGTERM
    assert child.ending is not None
    assert child.ending.killed == ()
    assert is_gone(child.pid)


def test_stop_again_gives_the_same_answer(python: MakeCommand):
    child = Child.start(python(SLEEP))

    assert child.stop() == child.stop() == -signal.SIGTERM


def test_stop_kills_a_child_that_ignores_term_and_tells_so(python: MakeCommand):
    child = Child.start(python(IGNORE_TERM))
    assert eventually(lambda: "deaf" in child.output())

    assert child.stop(grace_s=0.2) == -signal.SIGKILL
    assert child.ending is not None
    assert child.ending.killed == (Path(sys.executable).name,)


def test_stop_reaches_a_daemon_that_forked_twice_and_left_the_session(python: MakeCommand):
    child = Child.start(python(DAEMONISE))
    assert child.wait(5) == 0
    assert eventually(child.output)
    escaped = number_in(child.output())
    assert not is_gone(escaped)

    child.stop()

    assert is_gone(escaped)


def test_stop_sweeps_the_workers_of_a_dead_leader(python: MakeCommand):
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{SLEEP}']).pid)"
    child = Child.start(python(code))
    assert child.wait(5) == 0
    worker = number_in(child.output())
    assert not is_gone(worker)

    assert child.stop() == 0
    assert is_gone(worker)


def test_stop_works_when_the_guardian_was_killed(python: MakeCommand):
    child = Child.start(python(SLEEP))
    child._keeper.kill()

    assert child.stop() is None
    assert is_gone(child.pid)


def test_a_guardian_that_was_killed_is_named_and_not_its_program(python: MakeCommand):
    with running(python(SLEEP)) as child:
        child._keeper.kill()

        assert eventually(lambda: is_gone(child._keeper.pid))
        with pytest.raises(GuardianError, match=rf"^piece: its guardian \(pid {child._keeper.pid}\)"):
            child.exit_code()
        assert not is_gone(child.pid)
    assert is_gone(child.pid)


def test_a_guardian_that_was_stopped_is_named_and_goes_with_its_program_all_the_same(python: MakeCommand):
    with running(python(SLEEP)) as child:
        child._keeper.send_signal(signal.SIGSTOP)

        assert eventually(child._is_stopped)
        with pytest.raises(GuardianError, match=r"was stopped \(SIGSTOP\)"):
            child.exit_code()
    assert child.ending is not None
    assert child.ending.exit_code == -signal.SIGTERM
    assert is_gone(child.pid)
    assert is_gone(child._keeper.pid)


def test_a_guardian_that_is_stopped_again_and_again_is_killed_with_all_that_is_below_it(
    python: MakeCommand, monkeypatch
):
    for module in (room, guardian_line):
        monkeypatch.setattr(module, "GUARDIAN_DEADLINE_S", 0.3)
        monkeypatch.setattr(module, "go_on", lambda _process: None)
    child = Child.start(python(SLEEP))
    child._keeper.send_signal(signal.SIGSTOP)

    with pytest.raises(DeploymentError, match="its guardian reported no exit status"):
        child.stop()

    assert is_gone(child.pid)
    assert is_gone(child._keeper.pid)


def test_a_guardian_that_is_stopped_before_it_starts_the_program_leaves_nothing(python: MakeCommand, monkeypatch):
    monkeypatch.setattr(guardian_line, "START_DEADLINE_S", 0.3)
    real, keepers = room._start_guardian, []

    def stopped_at_once(*given):
        keeper, line = real(*given)
        keeper.send_signal(signal.SIGSTOP)
        keepers.append(keeper.pid)
        return keeper, line

    monkeypatch.setattr(room, "_start_guardian", stopped_at_once)
    with pytest.raises(GuardianError, match=r"did not start it within 0\.3 s"):
        Child.start(python(SLEEP))

    assert eventually(lambda: all(is_gone(pid) for pid in keepers))


@pytest.mark.parametrize("code", [SLEEP, IGNORE_TERM, DAEMONISE], ids=["plain", "ignores-term", "daemon"])
def test_kill_9_of_the_kit_leaves_nothing(code, tmp_path):
    kit = subprocess.Popen(
        [sys.executable, "-c", KIT, code, str(tmp_path)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert kit.stdout is not None
    with kit.stdout as pipe:
        pids = [int(word) for word in pipe.readline().split()]
    assert len(pids) >= 2
    assert not all(is_gone(pid) for pid in pids)

    kit.kill()
    kit.wait()

    assert eventually(lambda: all(is_gone(pid) for pid in pids))


KIT = """
import sys, time
from pathlib import Path
import psutil
from badgateway.process.child import Child, Command
code, folder = sys.argv[1], Path(sys.argv[2])
child = Child.start(Command(name="piece", argv=(sys.executable, "-c", code), environment={}, directory=folder,
                            log=folder / "log"))
time.sleep(0.5)
print(child.pid, *(each.pid for each in psutil.Process().children(recursive=True)), flush=True)
time.sleep(60)
"""


def test_a_program_that_does_not_exist_is_named(python: MakeCommand):
    command = replace(python(""), argv=("no-such-program",), environment={"PATH": "/usr/bin"})

    with pytest.raises(DeploymentError, match=r"^piece: program no-such-program not found in PATH \(/usr/bin\)"):
        Child.start(command)


def test_a_directory_that_does_not_exist_is_named(python: MakeCommand, tmp_path):
    with pytest.raises(DeploymentError, match=r"directory .*/none does not exist"):
        Child.start(replace(python(""), directory=tmp_path / "none"))


def test_a_file_that_is_no_program_is_named(python: MakeCommand, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("text")

    with pytest.raises(DeploymentError, match="plain cannot be executed: Permission denied"):
        Child.start(replace(python(""), argv=(str(plain),)))


def test_a_script_whose_interpreter_is_gone_is_told_from_one_that_does_not_exist(python: MakeCommand, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)

    with pytest.raises(DeploymentError, match=r"interpreter that the first line of .*/script names does not exist"):
        Child.start(replace(python(""), argv=(str(script),)))


@pytest.mark.parametrize("plant", [Path.symlink_to, lambda log, _: os.mkfifo(log)], ids=["link", "pipe"])
def test_a_log_is_never_written_through_what_waits_in_its_place(plant, python: MakeCommand, tmp_path):
    target = tmp_path / "target"
    target.write_text("kept")
    command = python("print(1)")
    plant(command.log, target)

    with pytest.raises((OSError, DeploymentError)):
        Child.start(command)
    assert target.read_text() == "kept"


def as_root() -> Account:
    account = service_account()
    if account is None:
        pytest.skip("only root can change the account")
    return account


def test_as_root_it_runs_under_the_account_without_other_groups(python: MakeCommand):
    account = as_root()
    command = replace(python(""), argv=("/bin/sh", "-c", "id -u; id -G"), directory=Path("/"), account=account)
    with running(command) as child:
        child.wait(5)

        assert child.output().split() == [str(account.uid), str(account.gid)]
    assert command.log.stat().st_uid == account.uid


def test_as_root_it_gets_the_groups_of_the_account_and_no_others(python: MakeCommand):
    account = replace(as_root(), gid=54321, groups=(54322, 54323))
    command = replace(python(""), argv=("/bin/sh", "-c", "id -G"), directory=Path("/"), account=account)
    with running(command) as child:
        child.wait(5)

        assert child.output().split() == ["54321", "54322", "54323"]


def test_the_directory_that_bars_the_account_is_named(python: MakeCommand, tmp_path):
    account = as_root()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "sh"
    shutil.copy("/bin/sh", program)

    with pytest.raises(DeploymentError, match=f"account {account.name} cannot enter .* to execute"):
        Child.start(replace(python(""), argv=(str(program),), directory=Path("/"), account=account))


@pytest.mark.parametrize(
    ("code", "told"), [(3, "ended with status 3"), (-9, "was ended by SIGKILL"), (-99, "was ended by signal 99")]
)
def test_an_exit_is_told_in_words(code, told):
    assert describe_exit(code) == told
