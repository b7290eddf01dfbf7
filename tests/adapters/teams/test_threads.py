"""What is written below a card, or quoting a card or a notice, goes to the service as an answer."""

from dataclasses import replace

import pytest

from adapters.teams import links
from adapters.teams.identity import key
from core.chat.port import Chat
from core.ports import Notice
from core.rows import MessageRef, Recipient
from tests.adapters.teams.cards import REQUEST, a_card, texts
from tests.adapters.teams.conftest import (
    EVE,
    FINANCE,
    FINN,
    TENANT,
    Json,
    Rig,
    content,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Recording
from tests.ports import NoThreads, a_chat


@pytest.fixture
def threads() -> NoThreads:
    return NoThreads()


@pytest.fixture
def ports(conversations: Recording, threads: NoThreads) -> Chat:
    return a_chat(conversations, threads=threads)


async def in_channel(rig: Rig) -> MessageRef:
    """A card in the channel."""
    to = Recipient(platform="teams", id=FINANCE, kind="channel")
    return reference(await rig.platform.channel.show(a_card(), to, None, delivery()))


async def below(rig: Rig, ref: MessageRef, text: str, oid: str = FINN, **asked: object) -> Json:
    """Write in the card's thread."""
    thread = f"{FINANCE};messageid={ref.fields['activity']}"
    answer = await rig.act(oid, "message", conversation=thread, text=text, **asked)
    assert answer["ok"], answer
    return answer


async def test_what_is_written_below_a_card_is_an_answer_to_it(
    rig: Rig, threads: NoThreads
) -> None:
    ref = await in_channel(rig)
    await below(rig, ref, "@Countersign why this vendor?")
    (reply,) = threads.replies
    assert reply.about == ref.key == f"{FINANCE}|{ref.fields['activity']}"
    assert (reply.identity, reply.text, reply.place) == (
        person(FINN),
        "why this vendor?",
        FINANCE,
    )
    assert reply.answer_to == {"realm": TENANT}
    assert reply.evidence["conversation"].startswith(f"{FINANCE};messageid=")
    assert reply.key == key(FINANCE, reply.evidence["activity"])
    await rig.platform.stop()
    assert len(rig.said(FINANCE)) == 1, "the card alone: an answer stands on it"


async def test_who_is_mentioned_in_an_answer_is_named_by_account(
    rig: Rig, threads: NoThreads
) -> None:
    await below(rig, await in_channel(rig), "@Countersign what does @Eve Ende say?")
    (reply,) = threads.replies
    assert (reply.text, reply.mentions) == ("what does <@1> say?", {"<@1>": EVE})


async def test_who_cannot_be_found_keeps_their_name(rig: Rig, threads: NoThreads) -> None:
    rig.fault("GET members", "429")
    await below(rig, await in_channel(rig), "@Countersign what does @Eve Ende say?")
    assert (threads.replies[0].text, threads.replies[0].mentions) == (
        "what does @Eve Ende say?",
        {},
    )


@pytest.mark.parametrize(
    "text",
    ["help", "queue", "HELP", f"status {REQUEST}xx", "ooo eve@example.com", "link a@b.example"],
)
async def test_a_clear_command_is_one_below_a_card_too(
    rig: Rig, threads: NoThreads, text: str
) -> None:
    await below(rig, await in_channel(rig), f"@Countersign {text}")
    assert len(await rig.replies(FINANCE, 2)) == 2
    assert threads.replies == []


@pytest.mark.parametrize(
    "text",
    [
        "approve",
        "list the vendors please",
        "help me understand this",
        "request looks fine",
        "status?",
        "link to the offer is missing",
        "queue it for next week",
        "delegate this to somebody else",
    ],
)
async def test_words_that_only_begin_like_a_command_are_an_answer(
    rig: Rig, threads: NoThreads, text: str
) -> None:
    await below(rig, await in_channel(rig), f"@Countersign {text}")
    assert [reply.text for reply in threads.replies] == [text]


async def test_a_mention_alone_asks_what_there_is(rig: Rig, threads: NoThreads) -> None:
    await below(rig, await in_channel(rig), "@Countersign")
    assert (await rig.replies(FINANCE, 2))[1]["text"].startswith("I understand:")
    assert threads.replies == []


async def test_what_is_written_in_another_thread_is_a_command(rig: Rig, threads: NoThreads) -> None:
    threads.about_one = False
    await rig.act(FINN, "message", conversation=FINANCE, text="hello all")
    (first,) = [
        a["id"]
        for a in rig.teams.place.store.section("teams.activities").values()
        if a["from"] == FINN
    ]
    thread = f"{FINANCE};messageid={first}"
    await rig.act(FINN, "message", conversation=thread, text="@Countersign what is this?")
    assert (await rig.replies(FINANCE, 1))[0]["text"].startswith("I do not know that.")
    assert [reply.about for reply in threads.replies] == [key(FINANCE, first)]


async def test_a_new_thread_answers_nothing(rig: Rig, threads: NoThreads) -> None:
    await rig.act(FINN, "message", conversation=FINANCE, text="@Countersign what is this?")
    assert len(await rig.replies(FINANCE, 1)) == 1
    assert threads.replies == []


async def test_in_a_chat_only_a_quote_says_what_is_answered(rig: Rig, threads: NoThreads) -> None:
    ref = await rig.shown()
    await rig.act(FINN, "message", text="why this vendor?")
    assert threads.replies == []
    await rig.act(FINN, "message", text="why this vendor?", quotes=ref.fields["activity"])
    (reply,) = threads.replies
    assert (reply.about, reply.place, reply.text) == (ref.key, "", "why this vendor?")


async def test_a_quote_of_something_else_is_a_message_like_any_other(
    rig: Rig, threads: NoThreads
) -> None:
    threads.about_one = False
    await rig.act(FINN, "message", text="help")
    (helped,) = await rig.replies(rig.chat(FINN), 1)
    await rig.act(FINN, "message", text="what is a queue for?", quotes=helped["id"])
    assert [reply.about for reply in threads.replies] == [key(FINN, helped["id"])]
    assert len(await rig.replies(rig.chat(FINN), 2)) == 2


async def test_an_answer_that_could_not_be_kept_is_not_lost_unsaid(
    rig: Rig, threads: NoThreads
) -> None:
    threads.breaks = True
    ref = await rig.shown()
    await rig.act(FINN, "message", text="why?", quotes=ref.fields["activity"])
    said = (await rig.replies(rig.chat(FINN), 2))[1]["text"]
    assert said.startswith("Something went wrong here and nothing was changed.")


async def test_in_a_group_chat_a_quote_with_a_mention_is_an_answer(
    rig: Rig, threads: NoThreads
) -> None:
    world = rig.teams.place.world
    group = replace(world.teams.channels[0], id="19:project@thread.v2", name="Project")
    tenant = replace(world.teams, channels=(*world.teams.channels, group))
    rig.teams.place.world = replace(world, teams=tenant)
    to = Recipient(platform="teams", id=group.id, kind="channel")
    ref = reference(await rig.platform.channel.show(a_card(), to, None, delivery()))
    where = {"conversation": group.id, "quotes": ref.fields["activity"]}
    await rig.act(FINN, "message", text="@Countersign why?", **where)
    await rig.act(FINN, "message", text="@Countersign help", conversation=group.id)
    (reply,) = threads.replies
    assert (reply.about, reply.place, reply.text) == (ref.key, group.id, "why?")
    assert (await rig.replies(group.id, 2))[1]["text"].startswith("I understand:")


# --- notices can be answered, and lead to the card ----------------------------------------------

QUESTION = Notice(kind="question", request=REQUEST, title="New ERP system", text="Why now?")


async def test_a_notice_can_be_answered_by_quoting_it(rig: Rig, threads: NoThreads) -> None:
    to = Recipient(platform="teams", id="finn@example.com")
    told = reference(await rig.platform.channel.tell(QUESTION, to, person(FINN)))
    notice = content(rig.said(rig.chat(FINN))[0])
    assert " · Reply to this message to answer" in texts(notice)
    await rig.act(FINN, "message", text="Because.", quotes=told.fields["activity"])
    assert [(r.about, r.text) for r in threads.replies] == [(told.key, "Because.")]


async def test_an_answer_reaches_an_account_that_is_nobodys(rig: Rig) -> None:
    """What the writer alone is told goes to the account that wrote, linked or not."""
    to = Recipient(platform="teams", id=FINN, kind="account")
    words = Notice(
        kind="answer", request="", title="", text="Not recorded.", facts={"realm": TENANT}
    )
    reference(await rig.platform.channel.tell(words, to, None))
    assert [m["text"] for m in rig.said(rig.chat(FINN))] == ["Not recorded."]


def at(conversation: str, activity: str = "1700000000000") -> MessageRef:
    fields = {"conversation": conversation, "activity": activity, "tenant": TENANT}
    return MessageRef(platform="teams", fields=fields)


@pytest.mark.parametrize(
    ("ref", "link"),
    [
        (
            at(f"{FINANCE};messageid=1700000000000"),
            "https://teams.microsoft.com/l/message/19%3Afinance%40thread.tacv2/1700000000000"
            f"?tenantId={TENANT}",
        ),
        (
            at(f"19:{FINN}_bot@unq.gbl.spaces"),
            f"https://teams.microsoft.com/l/message/19%3A{FINN}_bot%40unq.gbl.spaces/"
            "1700000000000?context=%7B%22contextType%22%3A%22chat%22%7D",
        ),
        (at("a:1abc"), None),
        (at("19:x y@thread.v2"), None),
        (at(FINANCE, "f:12"), None),
        (MessageRef(platform="teams", fields={}), None),
    ],
)
def test_a_message_has_a_link_where_teams_knows_one(ref: MessageRef, link: str | None) -> None:
    assert links.to(ref) == link


@pytest.mark.parametrize(
    ("card", "ways"),
    [
        (None, ["Change and send again", "Show the request"]),
        (at("19:x@thread.v2"), ["Change and send again", "Show the request", "Open your card"]),
    ],
)
async def test_a_notice_leads_to_what_is_to_be_done(
    rig: Rig, card: MessageRef | None, ways: list[str]
) -> None:
    to = Recipient(platform="teams", id="finn@example.com")
    wish = Notice(
        kind="changes_requested",
        request=REQUEST,
        title="New ERP system",
        text="Finn asks for changes.",
        facts={"revise": "yes"},
        card=card,
    )
    await rig.platform.channel.tell(wish, to, person(FINN))
    shown = content(rig.said(rig.chat(FINN))[0])
    assert [action["title"] for action in shown["actions"]] == ways
