"""`countersign away`: days become moments of this machine's time zone."""

import json

import pytest

from tests.bot.cli_office import ADMIN, FINANCE, MANAGER, OTHER_FINANCE, Office


def test_a_person_sets_lists_and_ends_their_absence(desk: Office) -> None:
    mara = desk.of(MANAGER)
    limits = ("--cap", "5000", "--currency", "EUR", "--category", "purchase_order")
    made = desk.run(mara, "away", "set", "--to", FINANCE, *limits)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith(f"{FINANCE} acts for {MANAGER} from ")
    assert "until somebody ends it" in made.stdout
    listed = desk.run(mara, "away", "list").stdout.splitlines()[1].split("\t")
    assert listed[1:3] == [MANAGER, FINANCE]
    assert listed[5] == "purchase_order, up to 5000 EUR"
    ended = desk.run(mara, "away", "end", listed[0])
    assert ended.stdout == (f"{FINANCE} no longer acts for {MANAGER}. What is undecided is back.\n")
    assert desk.run(mara, "away", "list").stdout.startswith("Nobody is away.")
    assert "List them and check" in desk.run(mara, "away", "end", listed[0]).stderr


def test_the_last_day_counts_whole_in_this_machines_time_zone(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    days = ("--from-date", "2120-03-30", "--until", "2120-04-02", "--json")
    made = json.loads(desk.run(desk.of(FINANCE), "away", "set", "--to", MANAGER, *days).stdout)
    assert made["starts"] == "2120-03-29T23:00:00.000Z"
    assert made["until"] == "2120-04-02T22:00:00.000Z"  # summer time began on the 31st


def test_only_an_administrator_speaks_for_others(desk: Office) -> None:
    arguments = ("away", "set", "--for", OTHER_FINANCE, "--to", MANAGER)
    refused = desk.run(desk.of(MANAGER), *arguments)
    assert refused.exit_code == 7
    assert refused.stderr == "Only an administrator may do that.\n"
    assert desk.run(desk.of(ADMIN), *arguments).exit_code == 0
    listed = desk.run(desk.of(ADMIN), "away", "list", "--person", OTHER_FINANCE).stdout
    assert OTHER_FINANCE in listed


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "2026-08-14T12:00:00", "0000-01-01"])
def test_what_is_no_day_is_wrong_usage(desk: Office, day: str) -> None:
    wrong = desk.run(desk.of(MANAGER), "away", "set", "--to", FINANCE, "--until", day)
    assert wrong.exit_code == 64
    assert "2026-08-14" in wrong.stderr
