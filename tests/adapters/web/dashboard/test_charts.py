"""Charts: where numbers stand, what is left out, and that nothing stands outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.charts import bars, curve, lines, scale
from adapters.web.charts.table import FITS, Frame, Table, fitted, named

TABLE = Table(caption="Numbers", headings=("What", "How many"), rows=(("a", "1"),))
FRAME = Frame(name="it", title="It", said="One is 1.", note="Counts ones.", table=TABLE)

amounts = st.integers(min_value=0, max_value=10**13)


@given(amounts, st.sampled_from([scale.counts, scale.durations]))
def test_an_axis_reaches_the_highest_number_with_few_lines(highest: int, made: object) -> None:
    assert callable(made)
    axis = made(highest)
    assert axis.top >= highest
    assert axis.ticks[0].at == 0
    assert axis.ticks[-1].at == axis.top
    assert 2 <= len(axis.ticks) <= 5
    assert len({tick.text for tick in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize(
    ("highest", "texts"),
    [
        (0, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6", "8"]),
        (4321, ["0", "2,000", "4,000", "6,000"]),
    ],
)
def test_counts_are_written_round(highest: int, texts: list[str]) -> None:
    assert [tick.text for tick in scale.counts(highest).ticks] == texts


@pytest.mark.parametrize(
    ("highest", "texts"),
    [
        (3 * scale.SECOND, ["0 s", "1 s", "2 s", "3 s"]),
        (50 * scale.MINUTE, ["0 s", "15 min", "30 min", "45 min", "1 h"]),
        (5 * scale.HOUR, ["0 s", "2 h", "4 h", "6 h"]),
        (6 * scale.DAY, ["0 s", "2 d", "4 d", "6 d"]),
    ],
)
def test_lengths_of_time_are_written_round(highest: int, texts: list[str]) -> None:
    assert [tick.text for tick in scale.durations(highest).ticks] == texts


def test_a_line_begins_and_ends_at_the_edges_and_stands_upside_up() -> None:
    axis = scale.Axis(top=10, ticks=(scale.Tick(0, "0"), scale.Tick(10, "10")))
    series = lines.Series(name="n", look="first", values=(0, 5, 10))
    chart = lines.lines(FRAME, ["1 May", "2 May", "3 May"], [series], axis, filled=True)
    (stroke,) = chart.strokes
    assert stroke.points == ("140,168 560,84 980,0",)
    assert stroke.area == ("140,168 560,84 980,0 980,168 140,168",)
    assert stroke.dots == ()
    assert [(d.at, d.anchor) for d in chart.dates] == [
        ("14%", "start"),
        ("56%", "middle"),
        ("98%", "end"),
    ]


def test_a_gap_breaks_a_line_and_a_lonely_value_is_a_dot() -> None:
    series = lines.Series(name="n", look="first", values=(4, None, 2, 3, None, None))
    days = ["a", "b", "c", "d", "e", "f"]
    (stroke,) = lines.lines(FRAME, days, [series], scale.counts(4)).strokes
    assert stroke.dots == (("14%", "0"),)
    assert len(stroke.points) == 1
    assert stroke.points[0].startswith("476,84 ")


def test_the_table_of_a_line_is_the_newest_first_and_says_none() -> None:
    series = [lines.Series(name="n", look="first", values=(4, None))]
    table = lines.over_time("All", ["1 May", "2 May"], series, str)
    assert table.headings == ("Date", "n")
    assert table.rows == (("2 May", "none"), ("1 May", "4"))


def test_bars_are_as_long_as_their_part_of_the_largest() -> None:
    made = bars.bars(
        FRAME,
        [
            bars.Amount("long", "8", (bars.Part("first", 6), bars.Part("second", 2)), mark=4),
            bars.Amount("short", "2", (bars.Part("first", 0), bars.Part("second", 2))),
        ],
    )
    long, short = made.bars
    assert [(p.look, p.at, p.width) for p in long.pieces] == [
        ("first", "0%", "75%"),
        ("second", "75%", "25%"),
    ]
    assert long.mark == "50%"
    assert [(p.look, p.at, p.width) for p in short.pieces] == [("second", "0%", "25%")]
    assert made.height == 2 * bars.ROW


@given(st.lists(st.lists(amounts, min_size=1, max_size=4), max_size=6), st.booleans())
def test_no_bar_is_longer_than_the_chart(found: list[list[int]], same: bool) -> None:
    given_ = [bars.Amount("n", "t", tuple(bars.Part("x", n) for n in each)) for each in found]
    chart = bars.shares(FRAME, given_) if same else bars.bars(FRAME, given_)
    for bar in chart.bars:
        ends = [float(p.at[:-1]) + float(p.width[:-1]) for p in bar.pieces]
        assert all(end <= 100.02 for end in ends)


def test_a_point_stands_where_people_agreed_and_grows_with_its_cases() -> None:
    chart = curve.curve(
        FRAME,
        [
            curve.Band(least=0, most=100, cases=25, agreed=0, few=False),
            curve.Band(least=90, most=100, cases=100, agreed=100, few=False),
            curve.Band(least=10, most=19, cases=0, agreed=0, few=True),
        ],
    )
    never, always = chart.points
    assert (never.down, never.radius) == (str(curve.HEIGHT), "7")
    assert (always.down, always.radius) == ("0", "14")
    assert float(never.at[:-1]) < float(always.at[:-1])


def test_names_hide_nothing_and_are_cut_where_there_is_no_room() -> None:
    assert named("pay\u202eroll\n now") == "pay⟦U+202E⟧roll now"
    assert named(" ") == "(no name)"
    assert fitted("a" * FITS, FITS) == "a" * FITS
    assert fitted("a" * 90, FITS) == "a" * (FITS - 1) + "…"
