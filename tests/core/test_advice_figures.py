"""Numbers however they are written: the same one is the same, another is another."""

import pytest

from core.advice.figures import figures


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The amount is 120,000 EUR.", {"120000"}),
        ("1'200'000 or 1.200.000 or 1,200,000.00", {"1200000"}),
        ("EUR120k", {"120000"}),
        ("$5m or 5 Mio. or five million or 5 million", {"5000000"}),
        ("2.5 thousand", {"2500"}),
        ("5 thousand million", {"5000000000"}),
        ("one million", {"1000000"}),
        ("twenty-five, twentyfive", {"25"}),
        ("two hundred and five thousand and six", {"205006"}),
        ("zero rejections", {"0"}),
        ("a couple of days", {"2"}),
        ("a dozen, twelve, the twelfth", {"12"}),
        ("the third request", {"3"}),
        ("３４ and ٣٤ and ३४", {"34"}),
        ("⑫ and Ⅻ and XII and xii", {"12"}),
        ("½", {"0.5"}),
        ("1 2 0 0 0", {"12000"}),
        ("5\u200b0", {"50"}),
        ("83%, 83 percent, 83 per cent", {"83%"}),
        ("on 2026-01-05 at 09:00", {"2026-01-05", "09:00"}),
        ("3rd", {"3"}),
        ("stages 1, 2 and 3", {"1", "2", "3"}),
    ],
)
def test_a_number_is_the_same_however_it_is_written(text: str, found: set[str]) -> None:
    assert figures(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("120.000", "1O0", "1,OOO", "f1ve", "5kk", "5e6", "10^6", "5 x 10^6", "7-8", "1/2"),
        *("five thousand million", "two three", "tenfold", "fifty-fifty", "dozens", "millions"),
        *("fünfhunderttausend", "zweiundzwanzig", "drei", "cinq", "quinientos mil", "duecentomila"),
        *("twaalf", "dwanaście milionów", "três milhões", "a handful", "a million", "IIIII"),
        *("12%", "12‰", "12 bps", "twelve percent"),
    ],
)
def test_what_is_no_plain_number_is_known_only_from_a_fact_that_says_it_so(text: str) -> None:
    plain = figures(", ".join(f"{n} {n}% {n},000 {n},000,000" for n in range(1, 11)))
    assert not figures(text) <= plain
    assert figures(text) <= figures(f"The text: {text}.")


@pytest.mark.parametrize(
    "text",
    [
        *("One of the stages is open.", "Which one is right?", "No one else asked.", "A one-off."),
        *("A second look helps.", "A third party asks.", "This quarter is nearly over."),
        *("The CI and the CD of the team.", "I see no reason.", "", " ", "…", "ⁿ"),
    ],
)
def test_words_that_count_nothing_are_no_numbers(text: str) -> None:
    assert figures(text) == set()


def test_a_share_is_not_the_number_alone() -> None:
    assert not figures("83% were approved") <= figures("The risk score is 83 out of 100.")
    assert not figures("score 83") <= figures("Of 6 earlier ones 5 were approved (83%).")


def test_a_figure_of_any_length_is_read() -> None:
    assert figures("9" * 100_000) == {"9" * 100_000}
    assert figures("1," * 50_000)


@pytest.mark.parametrize(
    "word", ["sechsig" * 200 + "zehnx", "siebsieben" * 140 + "zigx", "ventotto" * 180 + "milax"]
)
def test_a_word_that_is_nearly_a_number_ends(word: str) -> None:
    # With a pattern that tries every way to part it, no machine lives to see the end of this.
    assert figures(word) == set()
    assert figures("fünfhunderttausend ventottomila centottantamila sechsundsechzig")
