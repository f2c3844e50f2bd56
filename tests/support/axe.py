"""Accessibility, judged by axe-core in the page itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def require_axe() -> None:
    """Skips the test, or fails it in CI, where axe-core is missing."""
    if not SCRIPT.exists():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("axe-core is not installed: npm ci")


async def is_accessible(page: Page, screen: str) -> None:
    """No rule of WCAG 2.2 AA that axe can judge is broken on this screen."""
    await page.evaluate(SCRIPT.read_text())
    found: list[dict[str, Any]] = await page.evaluate(
        "async (values) => (await axe.run(document, {runOnly: values})).violations", RULES
    )
    told = [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]
    assert told == [], f"{screen}: {told}"
