# SPDX-License-Identifier: Apache-2.0
"""The text format of Prometheus, version 0.0.4, read strictly: what its servers would refuse or misread is an AssertionError here.

Also reads the tables of docs/metrics.md.
"""
import re

from pharmacy import ROOT

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


class Family:
    """One metric: `values` by its labels, each a tuple of (label, text); of a histogram by suffix first."""

    def __init__(self, name, help_text):
        self.name, self.help, self.kind = name, help_text, None
        self.samples = []

    @property
    def values(self):
        return {labels: value for _, labels, value in self.samples}

    @property
    def label_names(self):
        return {name for _, labels, _ in self.samples for name, _ in labels} - {"le"}

    def value(self, **labels):
        return self.values[tuple(sorted(labels.items()))]

    def part(self, suffix):
        return [(dict(labels), value) for name, labels, value in self.samples if name == self.name + suffix]


def parse_labels(text):
    labels, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, f"labels are broken at {text[at:]!r}"
        labels.append((match[1], match[2]))
        at = match.end()
    assert len({name for name, _ in labels}) == len(labels), f"a label twice: {text}"
    return tuple(sorted(labels))


def parse(page):
    """{name: Family}; each has HELP, TYPE and then all its samples in one place."""
    assert page.endswith("\n"), "the last line has no end"
    families, family = {}, None
    for line in page[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, help_text = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and help_text.endswith("."), line
            assert name not in families, f"{name} twice"
            family = families[name] = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert family and name == family.name and family.kind is None and not family.samples, line
            assert kind in ("counter", "gauge", "histogram"), line
            assert (kind == "counter") == name.endswith("_total"), line
            family.kind = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match and family and family.kind, line
            assert match[1] in [family.name + suffix for suffix in SUFFIXES.get(family.kind, ("",))], line
            family.samples.append((match[1], parse_labels(match[2] or ""), float(match[3])))
    for family in families.values():
        check(family)
    return families


def check(family):
    assert family.kind, f"{family.name} has no TYPE"
    keys = [(name, labels) for name, labels, _ in family.samples]
    assert len(set(keys)) == len(keys), f"{family.name}: a series twice"
    if family.kind == "counter":
        assert all(value >= 0 for value in family.values.values()), family.name
    if family.kind == "histogram":
        buckets = [(float(labels["le"]), value) for labels, value in family.part("_bucket")]
        (_, count), = family.part("_count")
        (_, total), = family.part("_sum")
        assert [bound for bound, _ in buckets] == sorted({bound for bound, _ in buckets}), f"{family.name}: bounds do not rise"
        assert [value for _, value in buckets] == sorted(value for _, value in buckets), f"{family.name} is not cumulative"
        assert buckets[-1] == (float("inf"), count), f"{family.name}: the last bucket has not all"
        assert total >= 0


def scrape(connection, headers=None):
    """(page, families) of one scrape, as Prometheus asks."""
    try:
        connection.request("GET", "/metrics", headers=headers or {})
        response = connection.getresponse()
        page = response.read().decode("utf-8")
    finally:
        connection.close()
    assert (response.status, response.getheader("Content-Type")) == (200, CONTENT_TYPE), (response.status, page)
    return page, parse(page)


def documented(heading):
    """{name: (type, label names)} of the tables under that heading of docs/metrics.md, up to the next one of its level."""
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert section, f"docs/metrics.md has no heading {heading}"
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in section[1].splitlines() if line.startswith("| `")]
    metrics = {row[0].strip("`"): (row[1], set(re.findall(r"`(\w+)`", row[2]))) for row in rows}
    assert len(metrics) == len(rows), "a metric twice"
    assert all(len(row) == 6 and all(row[:2]) and all(row[3:5]) for row in rows), f"every row has six cells: {rows}"
    return metrics
