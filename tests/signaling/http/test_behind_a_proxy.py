"""Log-in attempts are counted by the client's address, seen through trusted proxies only."""

from __future__ import annotations

from pathlib import Path

from signaling.accounts import ATTEMPTS_PER_ACCOUNT_AND_ADDRESS, ATTEMPTS_PER_ADDRESS
from tests.support.database import PASSWORD
from tests.support.rest import Browser, RestWorld, rest_world

LOGIN = "/api/v1/auth/login"
PROXY = ("127.0.0.1/32",)


async def attempt(browser: Browser, forwarded_for: str, email: str, password: str = "wrong") -> str:
    headers = {"X-Forwarded-For": forwarded_for}
    body = {"email": email, "password": password}
    return (await browser.post(LOGIN, body, headers=headers)).code


async def test_one_stranger_behind_the_proxy_locks_nobody_else_out(tmp_path: Path) -> None:
    async with rest_world(tmp_path, trusted_proxies=PROXY) as world:
        browser = await world.browser()
        stranger = [
            await attempt(browser, "203.0.113.5", f"{n}@example.org")
            for n in range(ATTEMPTS_PER_ADDRESS + 1)
        ]
        assert stranger == ["bad_credentials"] * ATTEMPTS_PER_ADDRESS + ["too_many_attempts"]
        assert await attempt(browser, "203.0.113.6", "t@example.org", PASSWORD) == ""


async def test_a_forged_entry_does_not_make_a_new_client(tmp_path: Path) -> None:
    async with rest_world(tmp_path, trusted_proxies=PROXY) as world:
        browser = await world.browser()
        codes = [
            await attempt(browser, f"198.51.100.{n}, 203.0.113.5", "t@example.org")
            for n in range(ATTEMPTS_PER_ACCOUNT_AND_ADDRESS + 1)
        ]
        assert codes[-1] == "too_many_attempts"


async def test_addresses_of_one_ipv6_network_are_one_client(tmp_path: Path) -> None:
    async with rest_world(tmp_path, trusted_proxies=PROXY) as world:
        browser = await world.browser()
        codes = [
            await attempt(browser, f"2001:db8:0:1::{n:x}", "t@example.org")
            for n in range(ATTEMPTS_PER_ACCOUNT_AND_ADDRESS + 1)
        ]
        assert codes[-1] == "too_many_attempts"
        assert await attempt(browser, "2001:db8:0:2::1", "t@example.org", PASSWORD) == ""


async def test_without_a_trusted_proxy_the_header_means_nothing(world: RestWorld) -> None:
    browser = await world.browser()
    codes = [
        await attempt(browser, f"198.51.100.{n}", "t@example.org")
        for n in range(ATTEMPTS_PER_ACCOUNT_AND_ADDRESS + 1)
    ]
    assert codes[-1] == "too_many_attempts"


async def test_cookies_and_links_follow_the_proxys_scheme(tmp_path: Path) -> None:
    async with rest_world(tmp_path, trusted_proxies=PROXY) as world:
        browser = await world.browser()
        body = {"email": "t@example.org", "password": PASSWORD}
        by_tls = await browser.post(LOGIN, body, headers={"X-Forwarded-Proto": "https"})
        plain = await browser.post(LOGIN, body)
        assert "Secure" in by_tls.headers["Set-Cookie"]
        assert "Secure" not in plain.headers["Set-Cookie"]


async def test_a_stranger_cannot_name_the_scheme(world: RestWorld) -> None:
    body = {"email": "t@example.org", "password": PASSWORD}
    headers = {"X-Forwarded-Proto": "https"}
    answer = await (await world.browser()).post(LOGIN, body, headers=headers)
    assert "Secure" not in answer.headers["Set-Cookie"]
