import json

import pytest

from badgateway.errors import LoadError
from badgateway.load.events import ClientEvents, EventsInPlace, read_events, write_events


def test_what_did_not_happen_has_no_key(tmp_path):
    write_events(tmp_path / "events.json", ClientEvents(test_start_s=12.5, users=0))

    assert json.loads((tmp_path / "events.json").read_text()) == {"test_start_s": 12.5, "users": 0}


def test_events_are_read_as_they_were_written_and_nothing_lies_beside(tmp_path):
    events = ClientEvents(test_start_s=1.5, spawned_s=2, test_stopping_s=3, drained_s=4, users=5, locust_version="2")
    write_events(tmp_path / "events.json", events)

    assert read_events(tmp_path / "events.json") == events
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("text", [None, "", "{", "[1]"])
def test_missing_or_damaged_events_are_an_error_that_names_the_file(tmp_path, text):
    if text is not None:
        (tmp_path / "events.json").write_text(text)

    with pytest.raises(LoadError, match=r"events\.json: no events of Locust to read"):
        read_events(tmp_path / "events.json")


def test_what_is_written_in_place_is_whole_each_time_and_needs_no_other_file(tmp_path):
    file = EventsInPlace(tmp_path / "events.json")
    longer = ClientEvents(test_start_s=12.5, users=30, stopped_why="a long reason")
    for events in (longer, ClientEvents(test_start_s=1.0)):
        file.write(events)
        assert read_events(tmp_path / "events.json") == events
    file.close()

    assert [path.name for path in tmp_path.iterdir()] == ["events.json"]
