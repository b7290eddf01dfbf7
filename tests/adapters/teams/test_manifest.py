"""The Teams app: its manifest follows the code's commands, its package is what Teams takes."""

import io
import json
import struct
import zipfile
import zlib
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.teams import icons
from adapters.teams.commands import COMMANDS
from adapters.teams.manifest import (
    FILES,
    MOST_COMMANDS,
    SCOPES,
    TeamsApp,
    manifest,
    mistakes,
    package,
)

APP = TeamsApp(
    bot="22222222-BBBB-4bbb-8bbb-000000000002",
    url="https://countersign.example.com",
    version="0.1.0",
)


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def pixels(png: bytes) -> list[list[tuple[int, ...]]]:
    """The picture's rows of pixels, read as the format's specification says."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    parts, at = {}, 8
    while at < len(png):
        (length,), name = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body, check = png[at + 8 : at + 8 + length], png[at + 8 + length : at + 12 + length]
        assert struct.pack(">I", zlib.crc32(name + body)) == check
        parts[name] = body
        at += 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, kind) == (8, 6), "eight bits each of red, green, blue and opacity"
    raw, line = zlib.decompress(parts[b"IDAT"]), 1 + 4 * width
    assert len(raw) == height * line
    rows = [raw[n * line + 1 : (n + 1) * line] for n in range(height)]
    return [[tuple(row[4 * n : 4 * n + 4]) for n in range(width)] for row in rows]


def test_every_command_is_offered_everywhere_behind_a_mention_and_a_slash() -> None:
    (bot,) = manifest(APP)["bots"]
    assert [each["scopes"] for each in bot["commandLists"]] == [[scope] for scope in SCOPES]
    for offered in bot["commandLists"]:
        titles = [each["title"] for each in offered["commands"]]
        assert titles == list(COMMANDS)
        assert titles[0] == "queue"
        assert len(offered["commands"]) <= MOST_COMMANDS
        assert set(offered["triggers"]) == {"mention", "slash"}
    assert bot["supportsTargetedMessages"] is True
    assert set(bot["scopes"]) == {"personal", "team", "groupChat"}


def test_the_texts_have_room() -> None:
    made = manifest(APP)
    assert len(made["description"]["short"]) <= 80
    assert len(made["name"]["full"]) <= 100


def test_one_id_stands_for_the_app_and_its_bot() -> None:
    made = manifest(APP)
    ids = {made["id"], made["bots"][0]["botId"], made["webApplicationInfo"]["id"]}
    assert ids == {APP.bot.lower()}


def test_pages_of_ones_own_take_the_place_of_the_address() -> None:
    own = replace(APP, privacy="https://a.example/privacy", terms="https://a.example/terms")
    developer = manifest(own)["developer"]
    assert developer["privacyUrl"] == "https://a.example/privacy"
    assert developer["termsOfUseUrl"] == "https://a.example/terms"
    assert manifest(APP)["developer"]["privacyUrl"] == APP.url


def test_the_package_holds_its_three_files_at_its_root_and_is_always_the_same() -> None:
    made = package(APP)
    held = opened(made)
    assert held.testzip() is None
    assert tuple(held.namelist()) == FILES
    assert json.loads(held.read("manifest.json")) == manifest(APP)
    named: dict[str, Any] = manifest(APP)["icons"]
    assert set(named.values()) == set(FILES[1:])
    assert package(APP) == made
    assert package(replace(APP, version="0.1.1")) != made


def test_the_icons_are_of_the_sizes_that_teams_wants() -> None:
    held = opened(package(APP))
    color, outline = pixels(held.read("color.png")), pixels(held.read("outline.png"))
    assert (len(color), len(color[0])) == (192, 192)
    assert (len(outline), len(outline[0])) == (32, 32)


def test_the_color_icon_is_full_and_its_mark_keeps_to_the_middle() -> None:
    rows = pixels(icons.color())
    green = tuple(bytes.fromhex(icons.ACCENT[1:]))
    assert all(pixel[3] == 255 for row in rows for pixel in row)
    # https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/apps-package
    marked = [(x, y) for y, row in enumerate(rows) for x, p in enumerate(row) if p[:3] != green]
    assert marked
    assert all(36 <= part < 156 for place in marked for part in place)


def test_the_outline_icon_is_white_on_nothing() -> None:
    drawn = [pixel for row in pixels(icons.outline()) for pixel in row]
    assert {pixel[:3] for pixel in drawn} == {(255, 255, 255)}
    assert {0, 255} <= {pixel[3] for pixel in drawn}
    assert pixels(icons.outline())[0][0][3] == 0


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"bot": ""}, "--app-id"),
        ({"bot": "28:22222222-bbbb-4bbb-8bbb-000000000002"}, "--app-id"),
        ({"bot": "{22222222-bbbb-4bbb-8bbb-000000000002}"}, "--app-id"),
        ({"url": ""}, "--url"),
        ({"url": "http://a.example"}, "--url"),
        ({"url": "https://a b.example"}, "--url"),
        ({"url": "https://a.example:x"}, "--url"),
        ({"url": f"https://a.example/{'x' * 2048}"}, "--url"),
        ({"privacy": "a.example"}, "--privacy-url"),
        ({"terms": "ftp://a.example"}, "--terms-url"),
        ({"name": "n" * 31}, "--name"),
        ({"name": " "}, "--name"),
        ({"name": "two\nlines"}, "--name"),
        ({"developer": "d" * 33}, "--developer"),
        ({"version": "1.0"}, "--app-version"),
        ({"version": "1.0.03"}, "--app-version"),
        ({"version": "1.0.0-beta"}, "--app-version"),
    ],
)
def test_what_teams_would_refuse_is_found_with_a_remedy(given: dict[str, str], option: str) -> None:
    (wrong,) = mistakes(replace(APP, **given))
    assert wrong.key == option
    assert wrong.remedy


def test_all_mistakes_are_told_at_once_and_a_good_app_has_none() -> None:
    assert len(mistakes(TeamsApp(bot="", url="", version="", name="", developer=""))) == 5
    assert mistakes(APP) == []
