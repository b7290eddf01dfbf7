"""What a message may have beside its words: people, a message it quotes, and only one reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Kit, Tenant


async def test_members_are_mentioned_with_their_teams_ids_alone(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    text = "@Countersign delegate @Ann Archer"
    told = await tenant.act(kit.ann, "message", conversation=kit.finance, text=text)
    assert told["ok"], told
    [activity] = bot.received
    assert activity["text"] == "<at>Countersign</at> delegate <at>Ann Archer</at>"
    mentions = [e for e in activity["entities"] if e["type"] == "mention"]
    assert [m["mentioned"] for m in mentions] == [
        {"id": f"28:{kit.app}", "name": "Countersign"},
        {"id": "29:1ann-mri", "name": "Ann Archer"},
    ]


async def test_in_a_chat_nobody_is_mentioned(tenant: Tenant, bot: Bot, kit: Kit) -> None:
    await tenant.act(kit.ann, "message", text="ask @Ann Archer")
    [activity] = bot.received
    assert activity["text"] == "ask @Ann Archer"
    assert [e["type"] for e in activity["entities"]] == ["clientInfo"]


async def test_a_quote_stands_in_the_html_beside_the_answer(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    chat = await tenant.chat(kit.ann)
    quoted = await tenant.post(chat, kit.with_card(kit.card()))
    told = await tenant.act(kit.ann, "message", text="why <now>?", quotes=quoted)
    assert told["ok"], told
    activity = bot.received[-1]
    assert activity["text"] == "why <now>?"
    html = activity["attachments"][0]["content"]
    assert f'itemtype="http://schema.skype.com/Reply" itemid="{quoted}"' in html
    assert html.endswith("<p>why &lt;now&gt;?</p>")


async def test_only_what_is_there_can_be_quoted(tenant: Tenant, bot: Bot, kit: Kit) -> None:
    told = await tenant.act(kit.ann, "message", text="why?", quotes="12")
    assert (told["ok"], bot.received) == (False, [])
    assert told["error"] == "quotes: there is no such message in this conversation"


async def test_what_only_the_bot_sees_needs_no_mention(tenant: Tenant, bot: Bot, kit: Kit) -> None:
    where = {"conversation": kit.finance, "text": "/queue", "targeted": True}
    told = await tenant.act(kit.ann, "message", **where)
    assert told["ok"], told
    [activity] = bot.received
    assert activity["recipient"]["isTargeted"] is True
    assert (activity["text"], activity["conversation"]["conversationType"]) == ("/queue", "channel")
