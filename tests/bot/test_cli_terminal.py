"""What a person sees and types at a real terminal, and how each command leaves there."""

import re

from tests.bot.at_terminal import terminal
from tests.bot.cli_office import MANAGER, Office

ASKED = b"Approve this? [y]es / [n]o / [d]etails: "
NASTY = "Pens\x1b[2J\x07[bold]x[/bold]\u202e:smile:"

_STEERING = re.compile(rb"\x1b\[\??[0-9;]*[A-Za-z]")
"""What a terminal obeys: the only kind of it that we write ourselves."""


def around(desk: Office, key: str) -> dict[str, str]:
    return {"COUNTERSIGN_URL": desk.url, "COUNTERSIGN_KEY": key, "TZ": "UTC"}


def votes(desk: Office, request: str) -> object:
    return desk.read(request)["stages"][0]["votes"]


def test_without_an_answer_in_time_nothing_is_changed_not_even_by_what_was_typed_before(
    desk: Office,
) -> None:
    request, mara = desk.submit(), around(desk, desk.of(MANAGER))
    arguments = ("approve", request, "--timeout", "1")
    with terminal(mara, *arguments, typed_before=b"y\n") as at:
        card = at.until(ASKED)
        assert b"Nothing is changed unless you answer within 1 second." in card
        at.press(b"y")  # and no Enter
        code, said = at.end()
    assert (code, b"No answer within 1 second. Nothing was changed." in said) == (6, True)
    assert votes(desk, request) == []


def test_an_answer_in_time_counts_and_control_c_changes_nothing(desk: Office) -> None:
    request, mara = desk.submit(), around(desk, desk.of(MANAGER))
    with terminal(mara, "approve", request, "--timeout", "60") as at:
        at.until(ASKED)
        at.press(b"d\n")
        at.until(ASKED)
        at.press(b"\x03")
        code, said = at.end()
    assert (code, b"Nothing was changed." in said) == (130, True)
    assert votes(desk, request) == []
    with terminal(mara, "reject", request, "--timeout", "60") as at:
        at.until(b"Reject this? [y]es / [n]o / [d]etails: ")
        at.press(b"y\nToo dear\n")  # pasted: the second line answers the second question
        assert at.end()[0] == 0
    assert desk.read(request)["decision"]["reason"] == "Too dear"


def test_watching_draws_one_line_that_moves_on_until_the_decision(desk: Office) -> None:
    request = desk.submit(title=NASTY)
    with terminal(around(desk, desk.agent), "watch", request) as at:
        line = at.until(b" left \xc2\xb7 0:01")
        assert f"Waiting for Manager (stage 1 of 3): {MANAGER}".encode() in line
        desk.decide(MANAGER, request, decision="reject", comment="No\x1b[2J\u202e")
        code, said = at.end()
    assert code == 1
    told = " ".join(said.decode().split())
    assert "rejected at stage Manager (api): “No⟦U+001B⟧[2J⟦U+202E⟧”" in told
    assert "\x1b[2J" not in said.decode()


def test_a_table_in_a_terminal_holds_titles_as_text_and_no_colour_where_none_is_wanted(
    desk: Office,
) -> None:
    request = desk.submit(title=NASTY)
    mara = around(desk, desk.of(MANAGER)) | {"NO_COLOR": "1"}
    with terminal(mara, "list", columns=200) as at:
        code, said = at.end()
    assert code == 0
    assert b"\x1b[1m" in said
    assert b"\x1b[3" not in said
    [row] = [line for line in said.decode().split("\r\n") if line.startswith(request)]
    assert "  Pens⟦U+001B⟧[2J⟦U+0007⟧[bold]x[/bold]⟦U+202E⟧:smile:  " in row
    assert not set(_STEERING.sub(b"", said).decode()) & set("\x1b\x07\u202e")


def test_a_pipe_gets_lines_of_cells_and_no_drawing(desk: Office) -> None:
    desk.submit(title=NASTY)
    piped = desk.run(desk.of(MANAGER), "queue").stdout
    assert not set(piped) & set("\x1b\x07─")
    assert {line.count("\t") for line in piped.splitlines()} == {5}
