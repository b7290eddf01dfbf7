"""Whether a page can be used by everybody, as far as a program can tell.

axe-core looks for what breaks the accessibility guidelines (WCAG 2.2 A and AA, and its own good
practice): https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md. It is given
to the page by the debugger's protocol, so the page's own policy for scripts stays as it is.
"""

from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

_RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.flatMap((each) => each.nodes.map(
    (node) => `${each.id}: ${each.help} at ${node.target.join(" ")} (${node.failureSummary})`));
}"""
_WIDE = """() => [...document.querySelectorAll("body *")].filter((each) => {
  if (each.closest(".unseen, .skip") || !each.checkVisibility()) return false;
  for (let at = each.parentElement; at; at = at.parentElement)
    if (getComputedStyle(at).overflowX !== "visible") return false;
  return each.getBoundingClientRect().right > window.innerWidth + 1;
}).map((each) => `${each.tagName}.${each.className}: ${each.textContent.trim().slice(0, 40)}`)"""


async def violations(page: Page) -> list[str]:
    """What is wrong with the page as it is shown now, one line for each place; none is right."""
    if not await page.evaluate("() => typeof axe !== 'undefined'"):
        await page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = await page.evaluate(_RUN)
    return found


async def too_wide(page: Page) -> list[str]:
    """What stands beyond the right edge, but for what scrolls in a region of its own."""
    found: list[str] = await page.evaluate(_WIDE)
    return found
