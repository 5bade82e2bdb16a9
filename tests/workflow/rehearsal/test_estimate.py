from __future__ import annotations

import itertools
import math
from functools import partial

import pytest

from safemigrate.model import Measured
from safemigrate.workflow.engines import server_way
from safemigrate.workflow.rehearsal import estimate
from tests.workflow.conftest import Project

SETUP = """
CREATE TABLE "User" (id int PRIMARY KEY, name text);
CREATE TABLE "Post" (id int PRIMARY KEY, author int, twice int GENERATED ALWAYS AS (id * 2) STORED, body text);
CREATE TABLE "Tag" (id int PRIMARY KEY, name text);
CREATE TABLE "Odd" (id int PRIMARY KEY, n int);
INSERT INTO "User" SELECT n, n FROM generate_series(1, 3000) n;
INSERT INTO "Post" (id, author, body) SELECT n, n, n FROM generate_series(1, 3000) n;
INSERT INTO "Tag" SELECT n, n FROM generate_series(1, 1500) n;
INSERT INTO "Odd" SELECT n, -n FROM generate_series(1, 3000) n;
ALTER TABLE "Post" ADD CONSTRAINT "Post_author" FOREIGN KEY (author) REFERENCES "User" (id) NOT VALID;
ALTER TABLE "Odd" ADD CONSTRAINT "Odd_n" CHECK (n > 0) NOT VALID;
ANALYZE;
"""
CHANGE = """
CREATE INDEX "Post_body" ON "Post" (body);
CREATE INDEX "Tag_name" ON "Tag" (name);
CREATE INDEX "Odd_n" ON "Odd" (n);
CREATE UNIQUE INDEX "User_name" ON "User" (name);
ALTER TABLE "Post" VALIDATE CONSTRAINT "Post_author";
"""


def test_an_estimate_is_made_from_a_part_where_the_rehearsal_had_no_rows(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = partial(next, itertools.count(step=2.0))
    monkeypatch.setattr(server_way, "estimated", partial(estimate.estimated, clock=ticks))
    monkeypatch.setattr(estimate, "LARGE", 2000)
    monkeypatch.setattr(estimate, "_ROWS", 1200)
    project.baseline(SETUP)
    project.write("20240601000000_change", CHANGE)
    (outcome,) = project.apply(dry_run=True).migrations
    measured: dict[int, Measured] = {
        one.span.line - 1: one.measured for one in outcome.findings if one.span and one.measured
    }
    index, small, refused, unique, validated = (measured[number] for number in range(1, 6))

    assert (index.rows, index.target_rows, index.scans, index.seconds) == (1200, 3000, 1200, 2.0)
    assert index.estimate == pytest.approx(2.0 * 2.5 * math.log(3000) / math.log(1200), rel=0.1)
    # Small enough to be over at once; a row that a check refuses; a table at risk, which the shadow has whole.
    assert (small.estimate, refused.estimate) == (None, None)
    assert (unique.rows, unique.estimate) == (3000, None)
    assert (validated.table, validated.rows) == ('"public"."Post"', 1200)
    assert validated.estimate == pytest.approx(2.0 * 2.5, rel=0.1)
