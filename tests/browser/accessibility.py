"""What a page must be for people who do not see it, or use no mouse: found by reading the page."""

from __future__ import annotations

from typing import cast

from playwright.sync_api import Page

STRUCTURE = """() => {
  const faults = [];
  const shown = (one) => one.checkVisibility({ checkVisibilityCSS: true });
  const name = (one) => (one.getAttribute("aria-label")
    || (one.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean)
         .map((id) => document.getElementById(id)?.textContent || "").join(" ")
    || (one.labels && one.labels.length ? one.labels[0].textContent : "")
    || one.textContent || "").trim();
  if (!document.documentElement.lang) faults.push("the page names no language");
  if (!document.title.trim()) faults.push("the page has no title");
  for (const [tag, role] of [["main", "main"], ["header.bar", "banner"], ["footer", "contentinfo"]])
    if (document.querySelectorAll(tag).length !== 1) faults.push(`not one ${role}`);
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  let level = 0;
  for (const one of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const found = Number(one.tagName[1]);
    if (found > level + 1) faults.push(`h${found} follows h${level}: ${one.textContent.trim()}`);
    if (!one.textContent.trim()) faults.push(`an empty h${found}`);
    level = found;
  }
  for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!name(one)) faults.push(`${one.outerHTML} has no label`);
  for (const one of document.querySelectorAll("a[href], button, summary"))
    if (shown(one) && !name(one)) faults.push(`${one.outerHTML} has no name`);
  for (const one of document.querySelectorAll("img"))
    if (!one.hasAttribute("alt")) faults.push(`${one.outerHTML} has no alt`);
  for (const one of document.querySelectorAll("svg"))
    if (one.getAttribute("aria-hidden") !== "true" && !one.getAttribute("role"))
      faults.push("a sign that is neither hidden nor named");
  const ids = Array.from(document.querySelectorAll("[id]"), (one) => one.id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place)))
    faults.push(`two elements have the id ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "for"])
    for (const one of document.querySelectorAll(`[${attribute}]`))
      for (const id of one.getAttribute(attribute).split(" "))
        if (!document.getElementById(id)) faults.push(`${attribute} names ${id}, which is not there`);
  const navs = Array.from(document.querySelectorAll("nav"), name);
  if (navs.some((one) => !one)) faults.push("a nav has no name");
  for (const table of document.querySelectorAll("table"))
    if (!table.querySelector("thead th[scope=col]")) faults.push("a table has no column headers");
  return faults;
}"""

CONTRAST = """() => {
  const parse = (text) => {
    const numbers = (text.match(/-?[\\d.]+(e-?\\d+)?/g) || []).map(Number);
    const unit = text.startsWith("color(") ? 255 : 1;
    return [numbers[0] * unit, numbers[1] * unit, numbers[2] * unit, numbers.length > 3 ? numbers[3] : 1];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faults = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !one.checkVisibility({ checkVisibilityCSS: true }) || one.closest(".hidden, .skip")) continue;
    const style = getComputedStyle(one);
    const below = ground(one);
    const [high, low] = [light(over(parse(style.color), below)), light(below)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (one.closest("[aria-disabled=true], [disabled]")) continue;
    if (ratio < (large ? 3 : 4.5)) faults.add(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return Array.from(faults);
}"""

FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one.dataset.stopped) return null;
  one.dataset.stopped = "yes";
  const style = getComputedStyle(one);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const path = one.id || one.getAttribute("href") || one.getAttribute("name") || one.textContent.trim();
  const box = one.getBoundingClientRect();
  return { path: `${one.tagName} ${path}`, seen, inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""

REACHABLE = """() => Array.from(document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), summary, [tabindex='0']"))
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.disabled).length"""


def structure_faults(page: Page) -> list[str]:
    """List what is wrong with landmarks, headings, labels, names, ids and tables."""
    return cast("list[str]", page.evaluate(STRUCTURE))


def contrast_faults(page: Page) -> list[str]:
    """List texts whose contrast is below WCAG 2.2 AA (1.4.3)."""
    return cast("list[str]", page.evaluate(CONTRAST))


def tab_through(page: Page, *, stops_max: int = 400) -> tuple[list[str], list[str]]:
    """Press Tab until it comes round, once; give the stops, and those whose focus cannot be seen."""
    stops: list[str] = []
    unseen: list[str] = []
    for _ in range(stops_max):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:
            break
        stops.append(found["path"])
        if not (found["seen"] and found["inside"]):
            unseen.append(found["path"])
    return stops, unseen


def reachable(page: Page) -> int:
    """Count what the keyboard must come to."""
    return cast("int", page.evaluate(REACHABLE))


WIDER = """(width) => document.documentElement.scrollWidth <= width ? [] :
  Array.from(document.querySelectorAll("main *, header *, footer *"))
    .filter((one) => one.getBoundingClientRect().right > width + 0.5 && !one.closest(".hidden, thead, pre"))
    .map((one) => `${Math.round(one.getBoundingClientRect().right)} ${one.outerHTML.slice(0, 90)}`)"""

SMALL = """() => Array.from(document.querySelectorAll(
    "button, .button, input:not([type=hidden]), summary, .tabs a, .happened a, nav[aria-label=Main] a"))
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24)
  .map((one) => one.outerHTML.slice(0, 90))"""


def wider_than(width: int, page: Page) -> list[str]:
    """List what reaches beyond a width, where the page scrolls sideways."""
    return cast("list[str]", page.evaluate(WIDER, width))


def small_targets(page: Page) -> list[str]:
    """List targets smaller than WCAG 2.2 (2.5.8) allows."""
    return cast("list[str]", page.evaluate(SMALL))
