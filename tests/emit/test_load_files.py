"""What sends a load from a cluster: held to the operators' own schemas, which stand beside this file."""

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from badgateway.emit.load_files import (
    HOW,
    LOCUST_FILE,
    MOST_BYTES,
    OTHER_OPERATOR,
    OWN_OPERATOR,
    SentLoad,
    archive,
    load_files,
)
from badgateway.errors import ConfigurationError

SCHEMAS = Path(__file__).parent / "schemas"
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "number": float}
SENT = SentLoad(
    name="staging",
    locust_file='"""Users."""\n\nclass Visitor:\n    pass\n',
    recorder="# rows\n",
    host="https://staging.example.org",
    users=40,
    spawn_rate=20,
    run_s=33,
    workers=3,
    image="locustio/locust:2.47.0",
)


def faults(schema: dict[str, Any], found: Any, at: str = "") -> list[str]:
    """Return what a value has against its schema, unknown keys too: an API server would drop them without a word."""
    kind = schema.get("type")
    if kind and (not isinstance(found, TYPES[kind]) or (kind == "integer" and isinstance(found, bool))):
        return [f"{at}: is no {kind}"]
    told = [f"{at}: {found!r} is none of {schema['enum']}"] if found not in schema.get("enum", [found]) else []
    told += [f"{at}: below {schema['minimum']}"] if "minimum" in schema and found < schema["minimum"] else []
    told += [f"{at}: above {schema['maximum']}"] if "maximum" in schema and found > schema["maximum"] else []
    if isinstance(found, list):
        return told + [fault for one in found for fault in faults(schema["items"], one, f"{at}[]")]
    if not isinstance(found, dict):
        return told
    known = schema.get("properties", {})
    told += [f"{at}.{key}: is missing" for key in schema.get("required", []) if key not in found]
    ways = [all(key in found for key in one["required"]) for one in schema.get("oneOf", [])]
    told += [f"{at}: has {sum(ways)} of the ways, not one"] if ways and sum(ways) != 1 else []
    more = schema.get("additionalProperties")
    for key, value in found.items():
        if key in known:
            told += faults(known[key], value, f"{at}.{key}")
        elif more:
            told += faults(more, value, f"{at}.{key}")
        elif known:
            told += [f"{at}.{key}: is unknown"]
    return told


def schema_of(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"locusttest-locust-io-{version}.json").read_text())
    return found


def texts() -> dict[Any, str]:
    return {file.path: file.text for file in load_files(SENT)}


def resources() -> dict[str, dict[str, Any]]:
    own = json.loads(texts()[OWN_OPERATOR])
    config_map, other = json.loads(texts()[OTHER_OPERATOR])["items"]
    return {"v1": own, "v2": other, "map": config_map}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_operator_takes_its_resource(version):
    schema, found = schema_of(version), resources()[version]

    assert found["apiVersion"] == f"{schema['group']}/{schema['name']}"
    assert found["kind"] == schema["kind"]
    top = schema["schema"] | {
        "properties": schema["schema"]["properties"] | {"apiVersion": {}, "kind": {}, "metadata": {}}
    }
    assert faults(top, found) == []


@pytest.mark.parametrize(
    ("version", "change", "said"),
    [
        ("v1", {"workers": 0}, ".spec: below 1"),
        ("v1", {"workers": "3"}, "is no integer"),
        ("v1", {"locustfile": {"filename": "x"}}, ".spec.locustfile.filename: is unknown"),
        ("v2", {"worker": {"replicas": 3}}, ".spec.worker.command: is missing"),
        ("v2", {"master": {"command": "x", "autoquit": {"timeout": 5}}}, ".spec.master.autoquit.enabled: is missing"),
    ],
)
def test_the_schemas_refuse_what_is_wrong(version, change, said):
    schema, found = schema_of(version)["schema"]["properties"]["spec"], resources()[version]["spec"]

    assert any(said.removeprefix(".spec") in fault for fault in faults(schema, found | change, ""))


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_schemas_say_where_they_are_from_and_under_which_licence(version):
    found = schema_of(version)

    assert re.fullmatch(r"[0-9a-f]{40}", found["commit"])
    assert all(found[key] for key in ("from", "path", "version", "licence", "changed"))


def test_all_have_one_and_the_same_locust_file_that_writes_rows():
    with zipfile.ZipFile(io.BytesIO(archive(SENT))) as packed:
        hosted = {name: packed.read(name).decode() for name in packed.namelist()}
    found = resources()

    assert hosted == {"locustfile.py": SENT.whole_file}
    assert found["v1"]["spec"]["locustfile"]["content"] == SENT.whole_file
    assert found["map"]["data"] == hosted
    assert texts()[LOCUST_FILE] == SENT.whole_file
    assert SENT.whole_file.endswith("    pass\n\n\n# rows\n")
    assert archive(SENT) == archive(SENT)


def test_users_and_length_and_site_are_the_experiments():
    found = resources()
    told = [found["v1"]["spec"]["args"], found["v2"]["spec"]["master"]["command"], texts()[HOW]]

    assert all("https://staging.example.org" in one for one in told)
    assert all("--users 40 --spawn-rate 20 --run-time 33s" in one for one in told[:2])
    assert (found["v1"]["spec"]["workers"], found["v2"]["spec"]["worker"]["replicas"]) == (3, 3)


def test_a_file_that_no_config_map_takes_is_refused():
    large = replace(SENT, recorder="x" * MOST_BYTES)
    with pytest.raises(ConfigurationError, match="more than a ConfigMap takes"):
        load_files(large)
