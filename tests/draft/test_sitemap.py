"""A sitemap's pages become the workload, all routes alike."""

import pytest

from badgateway.draft.sitemap import MOST_PAGES, from_sitemap
from badgateway.errors import ConfigurationError

HEAD = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


@pytest.fixture
def sitemap(tmp_path):
    def written(*places, head=HEAD):
        file = tmp_path / "sitemap.xml"
        file.write_text(head + "".join(f"<url>\n<loc> {one} </loc></url>" for one in places) + "</urlset>")
        return file

    return written


def test_alike_addresses_are_one_route_and_no_route_counts_more_than_another(sitemap):
    items = [f"https://www.example.org/items/{number}/" for number in range(40)]
    found = from_sitemap(sitemap("https://www.example.org", "https://www.example.org/a/?page=2&amp;k=precious", *items))

    assert {one.name: one.weight for one in found.tasks} == {"GET /": 1, "GET /a/": 1, "GET /items/<n>/": 1}
    (a,) = [one for one in found.tasks if one.name == "GET /a/"]
    assert a.path == "/a/?page=2"
    assert found.source == "sitemap.xml, 42 pages, each route as often as the others"


def test_of_a_large_one_no_page_is_called_rare(sitemap):
    found = from_sitemap(sitemap(*(f"https://x.org/p{number}/" for number in range(MOST_PAGES + 9))))

    assert found.tasks
    assert found.source.startswith(f"sitemap.xml, {MOST_PAGES:,} pages")


@pytest.mark.parametrize(
    ("places", "head", "why"),
    [((), HEAD, "has no page"), (("https://x.org/b.xml",), "<sitemapindex>", "names other sitemaps")],
)
def test_what_has_no_page_is_refused(sitemap, places, head, why):
    with pytest.raises(ConfigurationError, match=why):
        from_sitemap(sitemap(*places, head=head))


def test_one_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.xml: cannot be read"):
        from_sitemap(tmp_path / "none.xml")
