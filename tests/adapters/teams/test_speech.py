"""What is read from a message: words, people, the message that it answers."""

from typing import Any

import pytest
from botbuilder.schema import Activity

from adapters.teams.speech import MOST_NAMED, Named, Spoken, heard

Json = dict[str, Any]
BOT = "28:bot"
US: Json = {
    "type": "mention",
    "mentioned": {"id": BOT, "name": "Countersign"},
    "text": "<at>Countersign</at>",
}


def mention(name: str, account: str, **more: object) -> Json:
    mentioned = {"id": account, "name": name, **more}
    return {"type": "mention", "mentioned": mentioned, "text": f"<at>{name}</at>"}


def read(text: str, *entities: Json, **more: Any) -> Spoken:
    given = {"type": "message", "text": text, "recipient": {"id": BOT}, **more}
    return heard(Activity().deserialize({**given, "entities": list(entities)}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("queue", "queue"),
        ("<at>Countersign</at> queue", "queue"),
        ("<at>Countersign</at>&nbsp;queue ", "queue"),
        ("status\n<at>Countersign</at> req_1", "status\n  req_1"),
        ("<at>Countersign</at>", ""),
    ],
)
def test_the_bots_own_mention_is_no_word(text: str, said: str) -> None:
    assert read(text, US).text == said


def test_a_mention_in_front_without_an_entity_is_the_bots() -> None:
    spoken = read('<at id="0">Counter sign</at>\u00a0status req_1')
    assert (spoken.text, spoken.names) == ("status req_1", {})


def test_people_stand_in_the_text_as_words_that_lead_to_their_ids() -> None:
    spoken = read(
        "<at>Countersign</at> ask <at>Eve Ende</at> or <at>Bob</at>",
        US,
        mention("Eve Ende", "29:1eve"),
        mention("Bob", "8:orgid:AAAAAAAA-0000-4000-8000-00000000000B"),
    )
    assert spoken.text == "ask <@1> or <@2>"
    assert spoken.names == {
        "<@1>": Named("Eve Ende", "29:1eve", ""),
        "<@2>": Named(
            "Bob",
            "8:orgid:AAAAAAAA-0000-4000-8000-00000000000B",
            "aaaaaaaa-0000-4000-8000-00000000000b",
        ),
    }


def test_what_no_entity_speaks_for_names_nobody() -> None:
    spoken = read("delegate <at>Eve</at>", mention("Eve", ""), {"type": "clientInfo"})
    assert (spoken.text, spoken.names) == ("delegate @Eve", {})


def test_no_more_people_are_looked_for_than_one_message_can_be_about() -> None:
    people = [mention(f"P{n}", f"29:{n}") for n in range(MOST_NAMED + 5)]
    spoken = read(" ".join(p["text"] for p in people), *people)
    assert len(spoken.names) == MOST_NAMED


BLOCK = (
    '<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="1668763765423">'
    '<p itemprop="preview">Card</p></blockquote><p>why?</p>'
)


@pytest.mark.parametrize(
    ("entities", "html", "quoted"),
    [
        ((), BLOCK, "1668763765423"),
        ((), BLOCK.replace("Reply", "Forward"), ""),
        ((), '<blockquote itemid="12">x</blockquote>', ""),
        (({"type": "quotedReply", "quotedReply": {"messageId": "17"}},), "", "17"),
        (({"type": "quotedReply", "quotedReply": {"messageId": ["17"]}},), BLOCK, "1668763765423"),
        (({"type": "quotedReply"},), "", ""),
        (({"type": "quotedReply", "quotedReply": {"messageId": "1 2"}},), "", ""),
    ],
)
def test_the_message_that_is_quoted_is_found(
    entities: tuple[Json, ...], html: str, quoted: str
) -> None:
    attached = [{"contentType": "text/html", "content": html}]
    text = '<quoted messageId="17"/> why?'
    spoken = read(text, *entities, attachments=attached)
    assert (spoken.quoted, spoken.text, spoken.files) == (quoted, "why?", False)


def test_a_file_beside_the_words_is_seen() -> None:
    kind = "application/vnd.microsoft.teams.file.download.info"
    assert read("see here", attachments=[{"contentType": kind, "name": "offer.pdf"}]).files
