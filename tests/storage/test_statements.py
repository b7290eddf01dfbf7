"""Statements compiled once: parameters in order, and keys in few texts."""

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from storage.statements import ByKeys, Statement
from storage.texts import storable

DIALECT = sqlite.dialect()
things = Table("things", MetaData(), Column("a", Text), Column("b", Text), Column("n", Integer))


def test_rows_are_given_in_the_order_of_the_names_whatever_the_sql_says() -> None:
    engine = create_engine("sqlite://")
    statement = update(things).where(things.c.a == bindparam("which")).values(n=bindparam("number"))
    renumber = Statement(statement, ("which", "number"), DIALECT)
    with engine.begin() as connection:
        things.create(connection)
        connection.execute(things.insert(), [{"a": "x", "n": 1}, {"a": "y", "n": 2}])
        assert renumber.run(connection, [("x", 10), ("y", 20), ("z", 30)]) == 2
        assert renumber.affected(connection, "x", 11) == 1
        rows = connection.execute(select(things.c.a, things.c.n).order_by(things.c.a)).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("x", 11), ("y", 20)]


def test_a_statement_whose_parameters_are_not_those_named_is_refused() -> None:
    with pytest.raises(ValueError, match="parameters"):
        Statement(select(things).where(things.c.a == bindparam("x")), ("y",), DIALECT)


@pytest.mark.parametrize("count", [0, 1, 3, 256, 257, 600])
def test_by_keys_finds_every_row_once(count: int) -> None:
    engine = create_engine("sqlite://")
    by_one = ByKeys(select(things.c.a), [things.c.a], DIALECT)
    by_two = ByKeys(select(things.c.b), [things.c.a, things.c.b], DIALECT)
    with engine.begin() as connection:
        things.create(connection)
        values = [{"a": f"a{n}", "b": f"b{n}"} for n in range(700)]
        connection.execute(things.insert(), values)
        ones = by_one.fetch(connection, [(f"a{n}",) for n in range(count)])
        twos = by_two.fetch(connection, [(f"a{n}", f"b{n}") for n in range(count)])
        crossed = by_two.fetch(connection, [("a1", "b2"), ("a2", "b1")])
    engine.dispose()
    assert sorted(row[0] for row in ones) == sorted(f"a{n}" for n in range(count))
    assert sorted(row[0] for row in twos) == sorted(f"b{n}" for n in range(count))
    assert crossed == []


def test_by_keys_needs_few_texts_for_all_sizes() -> None:
    by_keys = ByKeys(select(things.c.a), [things.c.a], DIALECT)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        things.create(connection)
        for count in range(1, 257):
            by_keys.fetch(connection, [(str(n),) for n in range(count)])
    engine.dispose()
    assert sorted(by_keys._texts) == [1, 2, 4, 8, 16, 32, 64, 128, 256]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("01KB", True),
        ("", True),
        ("zoë\n\u200b🎉", True),
        ("a\x00b", False),
        ("\ud800", False),
        ("\ud83d \udc00", False),
    ],
)
def test_which_texts_a_column_can_hold(text: str, fits: bool) -> None:
    assert storable(text) is fits
