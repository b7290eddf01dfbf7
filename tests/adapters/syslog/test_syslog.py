"""Events as syslog messages, and their way to a receiver over real sockets."""

import asyncio
import hashlib
import json
import re
import socket
import ssl
from pathlib import Path

import pytest

from adapters.syslog.message import SD_ID, escaped, framed, hostname, message
from adapters.syslog.sink import Place, SyslogSink
from core.audit.streaming import Streamed, line
from core.content import canonical
from core.ports import Delivered, RetryAt
from tests.adapters.syslog.listening import certified, listening

HOSTILE = 'a\n<0>1 - - - - - forged\r\n\x00\x1b[2J\x7f\u2028\x85\U0001f600"]\\'

# The grammar of https://www.rfc-editor.org/rfc/rfc5424#section-6, for one element of data.
MESSAGE = re.compile(
    r"<(?P<pri>[1-9]?[0-9]|1[0-8][0-9]|19[01])>1 (?P<at>\d{4}-\d\d-\d\dT[\d:]{8}\.\d{1,6}Z) "
    r"(?P<host>[\x21-\x7e]{1,255}) (?P<app>[\x21-\x7e]{1,48}) - (?P<kind>[\x21-\x7e]{1,32}) "
    r'\[(?P<id>[^\s="\]]{1,32})(?P<data>( [^\s="\]]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\] '
    r"(?P<text>.*)"
)


def event(position: int = 1, text: str = "x", **content: bytes) -> Streamed:
    record = canonical({"actor": {"via": "slack", "person": text}, "event": {"type": "voted"}})
    return Streamed(
        position=position,
        type="voted",
        at=1_780_000_000_123,
        record=record,
        hash=hashlib.sha256(record).hexdigest(),
        content=content,
    )


def test_a_message_is_as_the_standard_has_it() -> None:
    found = event(text=HOSTILE)
    read = MESSAGE.fullmatch(message(found, "countersign.example.com").decode("ascii"))
    assert read is not None
    assert read.group("pri", "at", "host", "app", "kind", "id") == (
        "110",  # 13, the audit's facility, and 6, informational
        "2026-05-28T20:26:40.123Z",
        "countersign.example.com",
        "countersign",
        "voted",
        SD_ID,
    )
    assert read["data"] == f' position="1" type="voted" hash="{found.hash}"'
    assert json.loads(read["text"])["record"]["actor"]["person"] == HOSTILE


def test_no_text_ends_its_line_and_the_records_hash_can_be_checked() -> None:
    found = event(text=HOSTILE, c1=canonical({"text": HOSTILE}))
    said = line(found)
    assert all(0x20 <= byte <= 0x7E for byte in said)
    read = json.loads(said)
    assert read["content"] == {"c1": {"text": HOSTILE}}
    assert hashlib.sha256(canonical(read["record"])).hexdigest() == read["hash"] == found.hash


def test_a_header_holds_nothing_but_names() -> None:
    assert hostname("a b\nc\u00e9") == "abc"
    assert hostname("") == "-"
    assert len(hostname("x" * 300)) == 255
    assert escaped('a"b\\c]d\n') == 'a\\"b\\\\c\\]d?'


def test_what_is_too_long_for_a_datagram_is_named_by_its_hash() -> None:
    long = event(text="x" * 70_000)
    said = message(long, "h", most=65_000)
    assert len(said) < 1_000
    read = json.loads(said[said.index(b"{") :])
    assert (read["cut"], read["hash"], read["position"]) == (True, long.hash, 1)


async def test_messages_are_counted_on_one_connection() -> None:
    async with listening() as receiver:
        sink = SyslogSink(Place(transport="tcp", host="127.0.0.1", port=receiver.port), "h")
        for first in (1, 3):
            assert await sink.send((event(first), event(first + 1))) == Delivered()
        while len(receiver.messages) < 4:
            receiver.came.clear()
            await receiver.came.wait()
        await sink.stop()
    assert receiver.messages == [message(event(n), "h") for n in (1, 2, 3, 4)]
    assert receiver.connections == 1


async def test_a_connection_that_the_receiver_ended_is_made_anew() -> None:
    async with listening() as receiver:
        receiver.hangs_up_after = 1
        sink = SyslogSink(Place(transport="tcp", host="127.0.0.1", port=receiver.port), "h")
        outcomes = [await sink.send((event(1),))]
        while receiver.connections < 2:
            outcomes.append(await sink.send((event(2),)))
            await asyncio.sleep(0)
        while len(receiver.messages) < 2:
            receiver.came.clear()
            await receiver.came.wait()
        await sink.stop()
    assert receiver.messages[-1] == message(event(2), "h")


async def test_nobody_there_is_told_and_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        place = Place(transport="tcp", host="127.0.0.1", port=taken.getsockname()[1])
        outcome = await SyslogSink(place, "h").send((event(),))
    assert isinstance(outcome, RetryAt)
    assert outcome.reason.startswith(f"127.0.0.1:{place.port} does not take it (")


async def test_tls_goes_only_to_whom_the_authority_vouches_for(tmp_path: Path) -> None:
    tls, authority = certified(tmp_path)
    trusting = ssl.create_default_context(cafile=authority)
    async with listening(tls) as receiver:
        place = Place(transport="tls", host="127.0.0.1", port=receiver.port)
        sink = SyslogSink(place, "h", trusting)
        assert await sink.send((event(1), event(2))) == Delivered()
        while len(receiver.messages) < 2:
            receiver.came.clear()
            await receiver.came.wait()
        await sink.stop()
        assert receiver.messages == [message(event(n), "h") for n in (1, 2)]
        stranger = SyslogSink(place, "h", ssl.create_default_context())
        refused = await stranger.send((event(3),))
        assert isinstance(refused, RetryAt)
        assert "its certificate is refused" in refused.reason
    assert len(receiver.messages) == 2
    with pytest.raises(ValueError, match="whom to trust"):
        SyslogSink(place, "h")


async def test_datagrams_go_one_an_event() -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.setblocking(False)
        place = Place(transport="udp", host="127.0.0.1", port=own.getsockname()[1])
        assert await SyslogSink(place, "h").send((event(1), event(2))) == Delivered()
        assert await loop.sock_recv(own, 70_000) == message(event(1), "h")
        assert await loop.sock_recv(own, 70_000) == message(event(2), "h")


def test_the_count_is_of_bytes() -> None:
    assert framed(b"abc") == b"3 abc"
