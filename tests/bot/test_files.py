"""The two files: read together, refused together, with file, line, column and remedy."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.files import LARGEST, FileMistakes, load
from bot.sample import DIRECTORY, POLICY
from core.route import Category
from core.routing import route
from core.submission import Submission
from tests.core.builders import NOW

PEOPLE = "people:\n  - {email: ann@example.com, name: Ann, groups: [admins]}\n"
RULES = """\
version: 1
rules: []
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


class Files:
    """The two files of a test, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.policy = folder / "policy.yaml"
        self.directory = folder / "directory.yaml"
        self.policy.write_text(RULES)
        self.directory.write_text(PEOPLE)

    def mistakes(self) -> list[str]:
        """What `load` says, with the files' names in place of their paths."""
        with pytest.raises(FileMistakes) as caught:
            load(self.policy, self.directory)
        said = str(caught.value).replace(f"{self.policy.parent}{os.sep}", "")
        return said.split("\n")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_two_good_files_are_read(files: Files) -> None:
    policy, directory = load(str(files.policy), files.directory)
    assert (policy.text, policy.last_resort) == (RULES, ("group:admins",))
    assert list(directory.people) == ["ann@example.com"]


def test_the_mistakes_of_both_files_are_listed_at_once(files: Files) -> None:
    files.policy.write_text(
        RULES.replace("version: 1", "version: 2").replace("last_resort: group:admins", "x: 1")
    )
    files.directory.write_text(PEOPLE + "  - {email: bob, name: Bob}\n")
    assert files.mistakes() == [
        "policy.yaml:1:1: 'last_resort' is missing in the policy - "
        "Name who is asked when nobody else can decide",
        "policy.yaml:1:10: 'version' is 2 - Write version: 1",
        "policy.yaml:4:1: unknown key 'x' in the policy - "
        "Use one of: alerts, calendars, conflicts, defaults, fallback, last_resort, on_call, "
        "rules, version",
        "directory.yaml:3:13: 'bob' is not an e-mail address - Write it like ann@example.com",
    ]


def test_a_bad_directory_still_shows_whom_the_policy_names_in_vain(files: Files) -> None:
    files.directory.write_text(PEOPLE + "  - {email: bob, name: Bob}\n")
    files.policy.write_text(RULES.replace("last_resort: group:admins", "last_resort: group:admin"))
    assert files.mistakes() == [
        "policy.yaml:4:14: nobody in the directory is in group 'admin' - Did you mean 'admins'?",
        "directory.yaml:3:13: 'bob' is not an e-mail address - Write it like ann@example.com",
    ]


def test_a_directory_that_cannot_be_read_blames_nobody_in_the_policy(files: Files) -> None:
    files.directory.unlink()
    assert files.mistakes() == [
        "directory.yaml:1:1: there is no such file - Check the path or create the file"
    ]


def test_both_files_missing_are_two_mistakes(files: Files) -> None:
    files.policy.unlink()
    files.directory.unlink()
    said = "there is no such file - Check the path or create the file"
    assert files.mistakes() == [f"policy.yaml:1:1: {said}", f"directory.yaml:1:1: {said}"]


def test_a_folder_is_not_a_file(files: Files) -> None:
    files.policy.unlink()
    files.policy.mkdir()
    assert files.mistakes() == ["policy.yaml:1:1: is not a file - Name a YAML file"]


def test_a_file_that_may_not_be_read_is_a_mistake(files: Files) -> None:
    files.policy.chmod(0)
    with as_nobody():
        found = files.mistakes()
    assert found[0] == (
        "policy.yaml:1:1: cannot be opened: Permission denied - Check the path and its permissions"
    )


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to read everything, where the tests run as root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_path_that_cannot_exist_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileMistakes, match="File name too long"):
        load(tmp_path / ("x" * 300), tmp_path / ("y" * 300))


def test_a_file_beyond_the_limit_is_refused_unread(files: Files) -> None:
    files.policy.write_text(RULES + "#" * LARGEST)
    assert files.mistakes() == [
        "policy.yaml:1:1: larger than 1000000 bytes - Keep the file smaller"
    ]


def test_bytes_that_are_not_utf_8_are_named_where_they_stand(files: Files) -> None:
    files.policy.write_bytes(RULES.encode() + "# ö".encode() + b" \xff")
    assert files.mistakes() == ["policy.yaml:5:5: not UTF-8 text - Save the file as UTF-8"]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(files: Files) -> None:
    files.policy.write_bytes(b"\xef\xbb\xbf" + RULES.replace("\n", "\r\n").encode())
    files.directory.write_bytes(b"\xef\xbb\xbf" + PEOPLE.replace("\n", "\r\n").encode())
    policy, _ = load(files.policy, files.directory)
    assert policy.last_resort == ("group:admins",)
    assert policy.text == RULES.replace("\n", "\r\n")


MEND = "Mend the YAML; indent with spaces and quote texts with : # or {"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["1:1: the file is empty - Write its content"]),
        ("# only this\n", ["1:1: the file is empty - Write its content"]),
        (
            "a: b: c",
            [f"1:5: cannot be read: mapping values are not allowed here - {MEND}"],
        ),
        (
            "a:\n\t- x",
            [f"2:1: cannot be read: found character '\\t' that cannot start any token - {MEND}"],
        ),
        (
            "a: [1, 2",
            [f"1:9: cannot be read: expected ',' or ']', but got '<stream end>' - {MEND}"],
        ),
        ("a: 1\nb: \x01", ["2:4: a control character - Remove the character"]),
        ('a: "\\ud800"', ["1:4: half a character or a NUL - Write the whole character"]),
        ("--- a\n--- b", ["2:1: a second document starts here - Remove it"]),
        (
            "%YAML 1.1\n---\na: yes",
            ["2:1: another version of YAML - Write %YAML 1.2 or nothing"],
        ),
        (
            "a: &x 1\nb: *x",
            [
                "1:4: anchor &x - Remove it: aliases are refused",
                "2:4: alias *x - Write the value out: aliases are refused",
            ],
        ),
        (
            "a: !!python/object/apply:os.system [x]",
            [
                "1:4: tag tag:yaml.org,2002:python/object/apply:os.system - "
                "Remove it: tags are refused"
            ],
        ),
        ("[" * 200_000, ["1:31: more than 30 levels - Nest less deeply"]),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_yaml_that_cannot_be_used_is_named_where_it_stands(
    files: Files, text: str, said: list[str]
) -> None:
    files.policy.write_text(text)
    assert files.mistakes() == [f"policy.yaml:{line}" for line in said]


def test_aliases_are_not_expanded(files: Files) -> None:
    levels = "".join(f"a{n + 1}: &a{n + 1} [{f'*a{n}, ' * 9}]\n" for n in range(25))
    files.policy.write_text("a0: &a0 x\n" + levels)
    said = files.mistakes()
    assert len(said) == 26 + 25 * 9
    assert all("aliases are refused" in line for line in said)


@pytest.mark.parametrize("word", ["yes", "on", "no", "off", "0777", "12:30", "2026-01-05", "1_000"])
def test_words_mean_what_yaml_1_2_says(files: Files, word: str) -> None:
    files.directory.write_text(f"people:\n  - {{email: a@example.com, name: {word}}}\n")
    files.policy.write_text(RULES.replace("group:admins", "a@example.com"))
    if word == "0777":  # digits, so a number, and decimal
        assert "'name' is a whole number" in files.mistakes()[0]
    else:
        assert load(files.policy, files.directory)[1].people["a@example.com"].name == word


def test_a_repeated_key_is_named_at_its_second_place(files: Files) -> None:
    files.policy.write_text(RULES + "version: 1\n")
    assert files.mistakes() == [
        "policy.yaml:5:1: 'version' stands here twice - Remove it here or in line 1"
    ]


def rule(condition: str) -> str:
    text = f"rules:\n  - name: x\n    when: {condition}\n    category: prohibited\n"
    return RULES.replace("rules: []\n", text)


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ("request.amont > 5", "4:18"),
        ('"request.amont > 5"', "4:19"),
        ("'request.amont > 5'", "4:19"),
        ("|\n      request.amont > 5", "5:14"),
        ("|-\n      true &&\n        request.amont > 5", "6:16"),
        # not written letter by letter: the place is where the text starts
        (">\n      true &&\n      request.amont > 5", "4:11"),
        ('"true\\u0020&& request.amont > 5"', "4:11"),
        ("true &&\n      request.amont > 5", "4:11"),
    ],
)
def test_a_condition_s_mistake_is_placed_in_the_file_however_it_is_written(
    files: Files, condition: str, place: str
) -> None:
    files.policy.write_text(rule(condition))
    assert files.mistakes() == [
        f"policy.yaml:{place}: 'when': 'request.amont' is not a known field - "
        "Did you mean 'request.amount'?"
    ]


# --- the sample company -----------------------------------------------------------------

ALICE = "alice@example.com"
MANAGER, FINN, FAYE = "mara@example.com", "finn@example.com", "faye@example.com"
DANA, DEV = "dana@example.com", "dev@example.com"


def asked(action: str, amount: int | None = None) -> tuple[Category, list[tuple[str, ...]]]:
    """What the sample policy says to Alice: the category, and who is asked at each stage."""
    policy, directory = load(POLICY, DIRECTORY)
    params = {} if amount is None else {"amount": amount}
    submission = Submission(action_type=action, params=params, title="t", risk_score=10)
    found, _, _ = route(
        policy, directory, submission, directory.person(ALICE), "agent", (ALICE,), NOW
    )
    people = [tuple(p for entry in s.entries for p in entry.people) for s in found.stages]
    return found.category, people


@pytest.mark.parametrize(
    ("amount", "people"),
    [
        (51, [(MANAGER,)]),
        (10_000, [(MANAGER,)]),
        (10_001, [(MANAGER,), (FINN, FAYE)]),
        (100_000, [(MANAGER,), (FINN, FAYE)]),
        (100_001, [(MANAGER,), (FINN, FAYE), (DANA, DEV)]),
    ],
)
def test_the_sample_policy_asks_more_people_for_more_money(
    amount: int, people: list[tuple[str, ...]]
) -> None:
    assert asked("purchase_order", amount) == (Category.REVIEW, people)


def test_the_sample_policy_lets_small_purchases_pass_and_never_deletes_customers() -> None:
    assert asked("purchase_order", 50) == (Category.AUTO_APPROVE, [])
    assert asked("delete_customer") == (Category.PROHIBITED, [])
    assert asked("send_newsletter")[0] is Category.REVIEW


def test_the_sample_s_approvers_sit_on_different_platforms() -> None:
    _, directory = load(POLICY, DIRECTORY)
    people = (MANAGER, FINN, FAYE, DANA, DEV)
    assert [directory.people[p].platforms for p in people] == [
        ("slack", "email"),
        ("teams", "email"),
        ("slack", "teams"),  # as `notify` says
        ("teams", "email"),
        ("slack", "email"),
    ]
