import re
from pathlib import Path
from typing import Any, Literal

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Timeouts
from badgateway.model.knob import FrontDoor
from badgateway.stack import nginx

GOLDEN = Path(__file__).parent / "golden"
TEMPLATE = (Path(__file__).parents[2] / "servers" / "nginx.conf").read_text()


def rendered(protocol: Literal["http", "uwsgi"], **values: Any) -> str:
    given: dict[str, Any] = {
        "front_door": FrontDoor.NGINX,
        "upstreams": ("/tmp/t/run/web.sock",),
        "port": 8080,
        "open_files": 1024,
    }
    timeouts = Timeouts(app_s=4, proxy_connect_s=3, proxy_read_s=5, client_s=10)
    return nginx.render(TEMPLATE, protocol=protocol, timeouts=timeouts, **(given | values))


def settings(text: str, protocol: str) -> dict[str, str]:
    """Return the values of a protocol's directives by their names, those that have no counterpart left out."""
    found = dict(re.findall(rf"^ +{protocol}_(\w+) ([^;]+);", text, flags=re.MULTILINE))
    only_one_has = {"pass", "http_version", "set_header", "param", "temp_path"}
    return {name: value for name, value in found.items() if name not in only_one_has}


@pytest.mark.parametrize(("protocol", "golden"), [("http", "nginx-gunicorn.conf"), ("uwsgi", "nginx-uwsgi.conf")])
def test_the_configuration_is_the_golden_one(protocol, golden):
    assert rendered(protocol) == (GOLDEN / golden).read_text()


def test_two_servers_get_the_same_front_but_for_the_line_that_hands_over():
    ours, theirs = (rendered("http").splitlines(), rendered("uwsgi").splitlines())

    assert [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]] == [
        ("            proxy_pass http://application;", "            uwsgi_pass application;")
    ]


def test_a_run_that_may_only_read_refuses_what_may_write_before_the_site_sees_it():
    text = rendered("http", face=nginx.Face(reads_only=True))

    assert text.index("if ($request_method !~ ^(GET|HEAD|OPTIONS)$)") < text.index("location /")
    assert "return 403" in text
    with pytest.raises(ConfigurationError, match=r"@\{static\}"):
        nginx.render(
            TEMPLATE.replace("@{static}", ""),
            protocol="http",
            upstreams=["/tmp/t/run/web.sock"],
            port=8080,
            timeouts=Timeouts(app_s=4, proxy_connect_s=3, proxy_read_s=5, client_s=10),
            open_files=1024,
            face=nginx.Face(reads_only=True),
        )


def test_it_listens_on_this_machine_alone_unless_an_address_is_given():
    assert "listen 127.0.0.1:8080 " in rendered("http")
    assert "listen 10.0.0.5:8080 " in rendered("http", address="10.0.0.5")


def test_a_template_without_a_place_for_an_address_is_refused_where_one_is_given():
    with pytest.raises(ConfigurationError, match=r"has no @\{address\}, where it listens at 10\.0\.0\.5"):
        nginx.render(
            TEMPLATE.replace("@{address}", "127.0.0.1"),
            protocol="http",
            upstreams=["/tmp/t/run/web.sock"],
            port=8080,
            timeouts=Timeouts(app_s=4, proxy_connect_s=3, proxy_read_s=5, client_s=10),
            open_files=1024,
            address="10.0.0.5",
        )


def test_both_protocols_have_the_same_limits_and_buffers():
    text = rendered("uwsgi")

    assert settings(text, "proxy") == settings(text, "uwsgi")
    assert settings(text, "proxy")["read_timeout"] == "5s"
    assert settings(text, "proxy")["connect_timeout"] == "3s"
    assert settings(text, "proxy")["next_upstream"] == "off"


def test_connections_and_their_files_fit_what_a_process_may_open():
    text = rendered("http", open_files=900)

    assert "worker_rlimit_nofile 900;" in text
    assert "worker_connections 600;" in text


def test_an_unlimited_machine_does_not_make_nginx_huge():
    assert "worker_rlimit_nofile 16384;" in rendered("http", open_files=10**9)


def test_nginx_reads_nothing_of_the_systems_own_configuration():
    command = nginx.command(Path("/tmp/t/raw"), Path("/tmp/t/raw/written"), None)

    assert command.argv == ("nginx", "-e", "stderr", "-p", "/tmp/t/raw/written/", "-c", "/tmp/t/raw/nginx.conf")
    assert command.log == Path("/tmp/t/raw/nginx.log")


def test_a_port_is_an_upstream_too():
    assert "        server 127.0.0.1:9001;" in rendered("http", upstreams=("127.0.0.1:9001",))


def test_a_load_balancer_keeps_its_connections_and_waits_its_own_time_for_new_ones():
    text = rendered("http", front_door=FrontDoor.LOAD_BALANCER)

    assert "        keepalive 256; keepalive_timeout 60s; keepalive_requests 1000000;" in text
    assert '    proxy_set_header Connection "";' in text
    assert settings(text, "proxy")["connect_timeout"] == "10s"
    assert settings(text, "proxy")["next_upstream"] == "off"
    assert settings(text, "proxy")["read_timeout"] == "5s"


def test_a_load_balancer_speaks_http_to_every_server():
    texts = {
        rendered("http", front_door=FrontDoor.LOAD_BALANCER),
        rendered("uwsgi", front_door=FrontDoor.LOAD_BALANCER),
    }

    assert len(texts) == 1
    assert "proxy_pass http://application;" in texts.pop()


def test_nginx_as_it_is_keeps_no_connection_to_the_server():
    text = rendered("http")

    assert " keepalive " not in text.split("upstream application {")[1].split("}")[0].replace("No keepalive", "")
    assert "    proxy_set_header Connection close;" in text


def test_nginx_speaks_the_http_of_the_configuration():
    assert "    proxy_http_version 1.1;" in rendered("http")
    assert "    proxy_http_version 1.0;" in rendered("http", http="1.0")


def test_several_servers_take_turns_and_none_is_left_out_for_a_failure():
    text = rendered("uwsgi", upstreams=("/t/web.sock", "/t/web-2.sock"))
    (block,) = re.findall(r"upstream application \{([^}]*)\}", text)

    assert [line.strip() for line in block.splitlines() if "server " in line] == [
        "server unix:/t/web.sock max_fails=0;",
        "server unix:/t/web-2.sock max_fails=0;",
    ]
