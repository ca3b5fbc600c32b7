"""What nginx's files say of each place that hands requests on, with what it inherits, and of the upstream behind it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import PurePath

from badgateway.causes.server_files import Said

_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<mark>[;{}])|(?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\$\{\w+\}|[^\s;{}])+)""", re.DOTALL
)
_PASSES = ("proxy_pass", "uwsgi_pass")
_IS_ONE = re.compile(r"(?:^|[{};])\s*(?:(?:proxy|uwsgi)_pass\s|upstream\s+\S+\s*\{|http\s*\{)", re.MULTILINE)
_COMES_WITH = ("mime.types", "proxy_params", "uwsgi_params", "fastcgi_params", "scgi_params")
"""Files that it comes with, and that set no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A place that hands requests on."""

    kind: str
    """What its directives begin with: proxy, uwsgi."""
    target: str
    directives: Mapping[str, Said]
    """In force there, its own and those around it."""
    upstream: Mapping[str, Said] = field(default_factory=dict)
    """Of the upstream that it names."""
    servers: Sequence[str] = ()
    """Where that leads to."""

    def leads_to(self, address: str) -> bool:
        """Tell whether it does to where a server listens: the same socket by its name, or the same port."""
        own = _place(address)
        return bool(own) and own in {_place(one) for one in self.servers or (self.target,)}


@dataclass(slots=True)
class _Block:
    words: tuple[str, ...]
    directives: dict[str, Said] = field(default_factory=dict)
    servers: list[str] = field(default_factory=list)
    includes: list[Said] = field(default_factory=list)
    inner: list["_Block"] = field(default_factory=list)


def is_of_nginx(text: str) -> bool:
    """Tell whether a text is a file of nginx's that says how requests are handed on."""
    return bool(_IS_ONE.search(text))


def passes(files: Mapping[PurePath, str]) -> tuple[Pass, ...]:
    """Return every place of nginx's files that hands requests on; what one says for all counts in all of them."""
    tops = [_read(path, text) for path, text in files.items()]
    blocks = [block for top in tops for block in _every(top)]
    upstreams = {block.words[1]: block for block in blocks if block.words[:1] == ("upstream",) and block.words[1:]}
    around = {name: said for block in blocks if block.words == ("http",) for name, said in block.directives.items()}
    return tuple(one for top in tops for one in _passes(top, around, upstreams))


def includes(files: Mapping[PurePath, str]) -> Iterator[Said]:
    """Yield the lines that take in files which are not among these, and which may say anything."""
    for path, text in files.items():
        others = [other.name for other in files if other != path]
        for block in _every(_read(path, text)):
            for said in block.includes:
                name = PurePath(said.value.removeprefix("include ")).name
                if name not in _COMES_WITH and not any(fnmatch(other, name) for other in others):
                    yield said


def _passes(block: _Block, around: Mapping[str, Said], upstreams: Mapping[str, _Block]) -> Iterator[Pass]:
    if block.words[:1] == ("upstream",):
        return
    inside = {**around, **block.directives}
    for name in _PASSES:
        if said := block.directives.get(name):
            named = upstreams.get(re.sub(r"^\w+://", "", said.value).partition("/")[0])
            yield Pass(
                kind=name.removesuffix("_pass"),
                target=said.value,
                directives={each: value for each, value in inside.items() if each not in _PASSES},
                upstream=named.directives if named else {},
                servers=tuple(named.servers) if named else (),
            )
    left = {name: said for name, said in inside.items() if name not in _PASSES}
    for one in block.inner:
        yield from _passes(one, left, upstreams)


def _every(block: _Block) -> Iterator[_Block]:
    yield block
    for one in block.inner:
        yield from _every(one)


def _read(path: PurePath, text: str) -> _Block:
    """Return what a file says, as far as its braces go."""
    open_blocks = [_Block(words=())]
    words: list[str] = []
    start = 0
    for found in _TOKEN.finditer(text):
        if word := found["word"]:
            start = start if words else found.start()
            words.append(word)
        elif found["mark"] == ";":
            line = text.count("\n", 0, start) + 1
            _say(open_blocks[-1], words, f"{path}:{line}")
            words = []
        elif found["mark"] == "{":
            block = _Block(words=tuple(words))
            open_blocks[-1].inner.append(block)
            open_blocks.append(block)
            words = []
        elif found["mark"] == "}":
            words = []
            if len(open_blocks) > 1:
                open_blocks.pop()
    return open_blocks[0]


def _say(block: _Block, words: Sequence[str], where: str) -> None:
    if len(words) < 2:
        return
    value = " ".join(words[1:])
    if words[0] == "include":
        block.includes.append(Said(value=f"include {value}", where=where))
    elif words[0] == "server":
        block.servers.append(words[1])
    else:
        block.directives[words[0]] = Said(value=value, where=where)


def _place(address: str) -> str:
    """Return the name of a socket's file, or a port; empty where it has none."""
    bare = address.removeprefix("http://").removeprefix("https://").removeprefix("uwsgi://")
    if bare.startswith(("unix:", "/")):
        return PurePath(bare.removeprefix("unix:").partition(":")[0]).name
    found = re.search(r":(\d+)(?:/|$)", bare)
    return found[1] if found else "" if "." not in bare or bare[-1].isdigit() else PurePath(bare).name
