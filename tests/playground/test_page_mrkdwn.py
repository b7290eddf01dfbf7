"""Slack's mrkdwn, Adaptive Cards' Markdown and dates as nodes of the page, in Chromium."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.playground.page_browser import chromium, needs_chromium, visit

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]

# Names of classes are left out, so that what is compared is what a reader gets.
_DRAW = """async ([module, name, text]) => {
  const found = await import(`/static/${module}.js`);
  const names = {
    user: (id) => ({U0BOB: 'Bob Fischer'})[id], channel: () => 'finance', isMe: () => false,
  };
  const box = document.createElement('div');
  box.append(...found[name](text, names));
  for (const node of box.querySelectorAll('*')) {
    for (const known of ['class', 'rel', 'target', 'title']) node.removeAttribute(known);
  }
  return box.innerHTML;
}"""
_DATE = """async ([seconds, format, now]) => {
  const found = await import('/static/dates.js');
  return found.slackDate(seconds, format, 'fallback', new Date(now * 1000));
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser, visit(browser) as opened:
        yield opened.page


async def slack(page: Page, text: str) -> str:
    return str(await page.evaluate(_DRAW, ["mrkdwn", "mrkdwn", text]))


async def teams(page: Page, text: str) -> str:
    return str(await page.evaluate(_DRAW, ["markdown", "markdown", text]))


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("*bold* _it_ ~no~", "<div><strong>bold</strong> <em>it</em> <s>no</s></div>"),
        ("*bold _both_*", "<div><strong>bold <em>both</em></strong></div>"),
        ("a*b*c 2*3*4 snake_case_name", "<div>a*b*c 2*3*4 snake_case_name</div>"),
        ("* no* *no *", "<div>* no* *no *</div>"),
        ("`*as it is*` `a &lt; b`", "<div><code>*as it is*</code> <code>a &lt; b</code></div>"),
        ("```x\n *y*```", "<pre>x\n *y*</pre>"),
        ("&gt; quoted\nnot", "<blockquote><div>quoted</div></blockquote><div>not</div>"),
        ("> quoted", "<blockquote><div>quoted</div></blockquote>"),
        (
            "• one\n• *two*",
            "<div><span>•</span><span>one</span></div>"
            "<div><span>•</span><span><strong>two</strong></span></div>",
        ),
        ("1. one", "<div><span>1.</span><span>one</span></div>"),
        (
            "<https://example.com/a?b=1&amp;c=2|R&amp;D>",
            '<div><a href="https://example.com/a?b=1&amp;c=2">R&amp;D</a></div>',
        ),
        (
            "<https://example.com>",
            '<div><a href="https://example.com/">https://example.com</a></div>',
        ),
        (
            "https://example.com.",
            '<div><a href="https://example.com/">https://example.com</a>.</div>',
        ),
        ("<@U0BOB> <@U0GONE|gone>", "<div><span>@Bob Fischer</span> <span>@gone</span></div>"),
        (
            "<#C1> <!here> <!subteam^S1|@fin>",
            "<div><span>#finance</span> <span>@here</span> <span>@fin</span></div>",
        ),
        (
            ":white_check_mark: 14:00–15:00 :nonsense:",
            "<div><span>✅</span> 14:00–15:00 :nonsense:</div>",
        ),
        ("a &amp; b &lt; c &quot;d&quot;", "<div>a &amp; b &lt; c &amp;quot;d&amp;quot;</div>"),
        ("<!date^0^{nonsense}|*as is*>", "<div><time>*as is*</time></div>"),
        ("<javascript:alert(1)|click>", "<div>&lt;javascript:alert(1)|click&gt;</div>"),
        ("<script>alert(1)</script>", "<div>&lt;script&gt;alert(1)&lt;/script&gt;</div>"),
        ("*unclosed `tick <open", "<div>*unclosed `tick &lt;open</div>"),
        ("", ""),
    ],
)
async def test_mrkdwn_is_drawn_as_slack_draws_it(page: Page, text: str, drawn: str) -> None:
    assert await slack(page, text) == drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("**bold** _it_ *it*", "<p><strong>bold</strong> <em>it</em> <em>it</em></p>"),
        ("a *b **c** d* e", "<p>a <em>b <strong>c</strong> d</em> e</p>"),
        ("snake_case_name 2 * 3", "<p>snake_case_name 2 * 3</p>"),
        ("- one\r- two", "<ul><li>one</li><li>two</li></ul>"),
        ("3. three\n4. four", '<ol start="3"><li>three</li><li>four</li></ol>'),
        ("one\ntwo\n\nthree", "<p>one two</p><p>three</p>"),
        ("[PO 88](https://example.com/88)", '<p><a href="https://example.com/88">PO 88</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        (r"\*not bold\* \[no\](https://a.b) \- c", "<p>*not bold* [no](https://a.b) - c</p>"),
        ("-", "<p>-</p>"),
        ("# no heading", "<p># no heading</p>"),
        (
            "<b>x</b><img src=x onerror=alert(1)>",
            "<p>&lt;b&gt;x&lt;/b&gt;&lt;img src=x onerror=alert(1)&gt;</p>",
        ),
        ("&lt;b&gt; &amp;", "<p>&lt;b&gt; &amp;</p>"),
        (
            "{{DATE(2026-11-21T16:00:00Z, SHORT)}} {{TIME(2026-11-21T16:05:00Z)}}",
            "<p>Sat, Nov 21, 2026 16:05</p>",
        ),
        ("{{DATE(never)}}", "<p>{{DATE(never)}}</p>"),
    ],
)
async def test_card_markdown_is_drawn_as_teams_draws_it(page: Page, text: str, drawn: str) -> None:
    assert await teams(page, text) == drawn


@pytest.mark.parametrize(
    ("format_", "shown"),
    [
        ("{date_num} {time}", "2026-11-21 16:00"),
        ("{date}", "November 21st, 2026"),
        ("{date_short} at {time_secs}", "Nov 21, 2026 at 16:00:00"),
        ("{date_long}", "Saturday, November 21st, 2026"),
        ("{date_short_pretty}", "today"),
        ("until {ago}", "until in 4 hours"),
        ("no token", "fallback"),
        ("{date} {nonsense}", "fallback"),
    ],
)
async def test_a_slack_date_is_shown_in_the_readers_time(
    page: Page, format_: str, shown: str
) -> None:
    at = 1_795_276_800
    assert await page.evaluate(_DATE, [str(at), format_, at - 4 * 3600]) == shown


@pytest.mark.parametrize(
    ("day", "shown"),
    [(-1, "yesterday"), (1, "tomorrow"), (2, "Nov 23, 2026"), (-40, "Oct 12, 2026")],
)
async def test_a_pretty_date_names_only_the_days_around_now(
    page: Page, day: int, shown: str
) -> None:
    now = 1_795_262_400
    then = str(now + day * 86_400)
    assert await page.evaluate(_DATE, [then, "{date_short_pretty}", now]) == shown


@pytest.mark.parametrize("seconds", ["never", "-1", "", "1e9", "9" * 30])
async def test_a_slack_date_that_is_no_time_shows_its_fallback(page: Page, seconds: str) -> None:
    assert await page.evaluate(_DATE, [seconds, "{date}", 0]) == "fallback"


async def test_long_runs_of_marks_are_drawn_quickly(page: Page) -> None:
    for text in ("*_~" * 1000, "<" * 3000, "`" * 3000, "*a " * 1000, "[" * 3000, "**a" * 1000):
        took = await page.evaluate(
            """async ([text]) => {
              const {mrkdwn} = await import('/static/mrkdwn.js');
              const {markdown} = await import('/static/markdown.js');
              const start = performance.now();
              mrkdwn(text, {});
              markdown(text);
              return performance.now() - start;
            }""",
            [text],
        )
        assert took < 1000
