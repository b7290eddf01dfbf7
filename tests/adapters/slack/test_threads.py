"""Messages in threads as they come from the simulated Slack, and what is none."""

from typing import Any

import pytest

from adapters.slack.threads import read, spoken
from core.chat.port import Chat
from core.chat.threads_port import Reply
from core.directory.people import Identity
from core.ports import Delivered, Notice
from core.rows import Recipient
from tests.adapters.slack.conftest import EVE, FINANCE, FINN, TEAM, Json, Recording, Rig
from tests.ports import NoThreads, a_chat

TOLD = Notice(kind="question", request="R1", title="New ERP", text="Finn asks: “Why?”")
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)


@pytest.fixture
def threads() -> NoThreads:
    return NoThreads()


@pytest.fixture
def chat(conversations: Recording, threads: NoThreads) -> Chat:
    return a_chat(conversations, threads=threads)


async def posted(rig: Rig, room: bool = False) -> tuple[str, str, str]:
    """A notice in Finn's direct messages, or in the room: channel, ts, key."""
    to = Recipient(platform="slack", id=FINANCE if room else "f", kind="channel" if room else "")
    outcome = await rig.platform.channel.tell(TOLD, to, None if room else ACCOUNT)
    assert isinstance(outcome, Delivered)
    assert outcome.ref is not None
    return outcome.ref.fields["channel"], outcome.ref.fields["ts"], outcome.ref.key


async def test_a_reply_in_a_channel_names_what_it_answers_and_who_wrote_it_where(
    rig: Rig, threads: NoThreads
) -> None:
    channel, ts, key = await posted(rig, room=True)
    done = await rig.act(
        FINN, "message", channel=channel, thread_ts=ts, text="Why &lt;so&gt; much?"
    )
    assert done["status"] == 200
    own = f"{channel}:{done['ts']}"
    assert threads.replies == [
        Reply(
            identity=ACCOUNT,
            key=own,
            text="Why <so> much?",
            about=key,
            place=FINANCE,
            to_us=True,
            evidence={"team": TEAM, "channel": channel, "ts": done["ts"], "thread": ts},
            answer_to={"team": TEAM, "channel": channel, "user": FINN, "thread": ts},
        )
    ]


async def test_a_reply_below_a_notice_answers_it(rig: Rig, threads: NoThreads) -> None:
    channel, ts, key = await posted(rig)
    await rig.act(FINN, "message", channel=channel, thread_ts=ts, text="Since it broke.")
    (reply,) = threads.replies
    assert (reply.about, reply.place, reply.to_us) == (key, "", True)


async def test_what_is_written_to_the_app_outside_a_thread_answers_nothing(
    rig: Rig, threads: NoThreads
) -> None:
    await rig.act(EVE, "message", text="Hello?")
    (reply,) = threads.replies
    assert (reply.identity.account, reply.about, reply.to_us) == (EVE, "", True)
    assert reply.answer_to == {"team": TEAM, "channel": "", "user": EVE, "thread": ""}


async def test_what_answers_nothing_is_told_in_a_message_that_stays(
    rig: Rig, threads: NoThreads
) -> None:
    await rig.act(EVE, "message", text="Hello?")
    (reply,) = threads.replies
    answer = Notice(kind="answer", request="", title="", text="Not kept.", facts=reply.answer_to)
    to = Recipient(platform="slack", id=EVE, kind="account")
    assert await rig.platform.channel.tell(answer, to, None) == Delivered()
    assert rig.ephemerals == []
    assert [m["text"] for m in rig.messages(EVE)] == ["Hello?", "Not kept."]


async def test_what_people_say_in_channels_is_not_read(rig: Rig, threads: NoThreads) -> None:
    done = await rig.act(FINN, "message", channel=FINANCE, text="Lunch?")
    assert (done["status"], threads.replies) == (200, [])


async def test_a_delivery_that_slack_repeats_is_the_same_reply(
    rig: Rig, threads: NoThreads
) -> None:
    channel, ts, _ = await posted(rig)
    rig.slack.place.faults.replace_all({"to_bot": {"twice": True}})
    await rig.act(FINN, "message", channel=channel, thread_ts=ts, text="Once")
    first, again = threads.replies
    assert first == again, "the service knows it by its key"


async def test_what_could_not_be_recorded_is_asked_for_again(rig: Rig, threads: NoThreads) -> None:
    threads.breaks = True
    channel, ts, _ = await posted(rig)
    done = await rig.act(FINN, "message", channel=channel, thread_ts=ts, text="Why?")
    assert done["status"] == 500


async def test_an_answer_to_a_reply_is_shown_in_its_thread_to_its_writer(rig: Rig) -> None:
    channel, ts, _ = await posted(rig, room=True)
    facts = {"channel": channel, "user": FINN, "thread": ts, "team": TEAM}
    answer = Notice(kind="answer", request="R1", title="New ERP", text="Not kept.", facts=facts)
    to = Recipient(platform="slack", id=FINN, kind="account")
    assert await rig.platform.channel.tell(answer, to, None) == Delivered()
    (shown,) = rig.ephemerals
    assert (shown["user"], shown["thread_ts"]) == (FINN, ts)


async def test_a_conversation_between_people_is_not_ours(rig: Rig, threads: NoThreads) -> None:
    said = await rig.act(FINN, "message", channel=FINANCE, text="Lunch?")
    await rig.act(FINN, "message", channel=FINANCE, thread_ts=said["ts"], text="Pizza!")
    (reply,) = threads.replies
    assert not reply.to_us


# --- what is no reply ----------------------------------------------------------------------


def event(**fields: Any) -> Json:
    given = {"type": "message", "channel": "C1", "user": FINN, "ts": "2.2", "thread_ts": "1.1"}
    return {"team_id": TEAM, "event": given | {"text": "Hello", "team": TEAM} | fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"subtype": "message_changed", "message": {"text": "Edited"}},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message"},
        {"subtype": "message_replied"},
        {"bot_id": "B1"},
        {"app_id": "A1"},
        {"user": "USLACKBOT"},
        {"user": ""},
        {"thread_ts": "2.2"},
        {"thread_ts": None},
        {"ts": ""},
        {"channel": 7},
    ],
)
def test_what_nobody_said_in_a_thread_is_no_reply(fields: Json) -> None:
    assert read(event(**fields)) is None
    assert read({"event": "message"}) is None


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share", "me_message"])
def test_what_is_said_in_another_way_counts(subtype: str) -> None:
    reply = read(event(subtype=subtype, files=[{"id": "F1"}]))
    assert reply is not None
    assert (reply.text, reply.files) == ("Hello", True)


def test_somebody_of_another_organisation_is_of_theirs() -> None:
    reply = read(event(user_team="T0OTHER", source_team="T0OTHER"))
    assert reply is not None
    assert reply.identity.realm == "T0OTHER"
    assert reply.answer_to["team"] == TEAM, "the app answers where it is installed"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<https://example.com>", "https://example.com"),
        ("<http://example.com|example.com>", "http://example.com"),
        ("<https://evil.example|example.com>", "example.com (https://evil.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<#C1|general> <#C2>", "#general #C2"),
        ("<!here> <!subteam^S1|@finance>", "@here @finance"),
        ("<!date^1^{date}|Monday>", "Monday"),
    ],
)
def test_text_is_what_its_readers_see(markup: str, text: str) -> None:
    assert spoken(markup) == (text, {})


def test_half_a_character_which_nothing_can_store_is_replaced() -> None:
    reply = read(event(text="a\ud800b"))
    assert reply is not None
    assert reply.text == "a\ufffdb"


def test_mentions_are_found_and_left_where_they_stand() -> None:
    assert spoken("<@U1> &amp; <@W2|bob>") == ("<@U1> & <@W2>", {"<@U1>": "U1", "<@W2>": "W2"})
