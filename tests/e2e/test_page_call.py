"""What people do in a call, at the page: host's controls, keys, chat, devices, lost connections."""

from __future__ import annotations

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.support.browser import GUEST, LIMIT_S, PATIENT, THERAPIST, Person, Window
from tests.support.clinic import PATIENT_EMAIL, Clinic, Session
from tests.support.eventually import eventually
from tests.support.fake_media import SMALL_CAMERA

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(autouse=True)
def _patience() -> None:
    """As long as for everything else: the machine may be busy."""
    expect.set_options(timeout=LIMIT_S * 1000)


async def host_joins(roda: Clinic, therapist: Person, session: Session) -> Window:
    await therapist.has_logged_in(roda.url, roda.host_token)
    window = await therapist.window()
    await window.join(session.link)
    return window


async def two_in_call(
    roda: Clinic, therapist: Person, guest: Person
) -> tuple[Session, Window, Window]:
    session = await roda.session()
    host = await host_joins(roda, therapist, session)
    visitor = await guest.window()
    await visitor.join(session.link, "Ana")
    await host.sees_live(GUEST)
    return session, host, visitor


async def test_everyone_at_the_door_is_admitted_at_once(
    roda: Clinic, therapist: Person, guest: Person, patient: Person
) -> None:
    session = await roda.session(waiting_room_enabled=True)
    host = await host_joins(roda, therapist, session)
    visitor, client = await guest.window(), await patient.window()
    await patient.has_logged_in(roda.url, await roda.log_in(PATIENT_EMAIL))
    await visitor.join(session.link, "Ana")
    await client.join(session.link)
    await expect(host.at("admit-button")).to_have_count(2)
    await visitor.page.reload()
    await visitor.enter()
    await visitor.at("waiting-message").wait_for()
    await expect(host.at("admit-button")).to_have_count(2)
    await host.at("admit-all").click()
    await host.sees_live(GUEST, PATIENT)
    await visitor.sees_live(THERAPIST, PATIENT)
    await expect(host.at("admit-button")).to_have_count(0)


async def test_chat_hands_and_markup(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    text = "<img src=x onerror=alert(1)> & tudo bem?"
    await visitor.at("chat-input").fill(text)
    await visitor.page.keyboard.press("Enter")
    await expect(host.at("chat-message").locator(".chat-text")).to_have_text(text)
    assert await host.page.locator(".chat-text img").count() == 0
    await visitor.at("hand-toggle").click()
    await expect(host.at("remote-tile").locator(".tile-hand svg")).to_be_visible()
    await visitor.page.reload()
    await visitor.enter()
    await expect(visitor.at("chat-message")).to_have_count(1)


async def test_host_mutes_asks_and_locks(roda: Clinic, therapist: Person, guest: Person) -> None:
    session, host, visitor = await two_in_call(roda, therapist, guest)
    await host.at("mute-participant").click()
    await host.until(lambda tiles: tiles[0].micOff, "the mute's sign")
    await expect(visitor.at("mic-toggle")).to_have_attribute("aria-pressed", "false")
    await host.hears_nothing()
    await host.at("ask-unmute").click()
    await visitor.page.get_by_role("button", name="Turn it on").click()
    await host.sees_live(GUEST)
    await host.page.get_by_role("button", name="Lock session").click()
    await expect(visitor.page.get_by_text("Locked")).to_be_visible()
    late = await guest.window()
    await late.page.context.clear_cookies()
    await late.open(session.link)
    await late.enter("Tarde")
    assert "lock" in (await late.at("error-message").inner_text()).lower()


async def test_sent_back_and_admitted_again(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await host.page.locator(".menu summary").click()
    await host.page.get_by_role("button", name="Back to the waiting room").click()
    await visitor.at("waiting-message").wait_for()
    await host.sees_live()
    await host.at("admit-button").click()
    await host.sees_live(GUEST)
    await visitor.sees_live(THERAPIST)


async def test_hosting_is_handed_over_and_taken_back(
    roda: Clinic, therapist: Person, patient: Person
) -> None:
    session = await roda.session()
    host = await host_joins(roda, therapist, session)
    await patient.has_logged_in(roda.url, await roda.log_in(PATIENT_EMAIL))
    client = await patient.window()
    await client.join(session.link)
    await host.sees_live(PATIENT)
    await expect(client.at("end-session")).to_be_hidden()
    await host.page.locator(".menu summary").click()
    await host.page.get_by_role("button", name="Make host").click()
    await expect(client.at("end-session")).to_be_visible()
    await expect(host.at("end-session")).to_be_hidden()
    await host.page.get_by_role("button", name="Be host again").click()
    await expect(host.at("end-session")).to_be_visible()
    await expect(client.at("end-session")).to_be_hidden()


async def test_keys(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.page.locator("h1").focus()
    await visitor.page.keyboard.press("m")
    await host.until(lambda tiles: tiles[0].micOff, "the mute's sign")
    await visitor.page.keyboard.press("v")
    await host.until(lambda tiles: tiles[0].width == 0, "the picture's end")
    await visitor.page.keyboard.press("v")
    await visitor.page.keyboard.press("m")
    await host.sees_live(GUEST)
    await visitor.at("chat-input").fill("")
    await visitor.page.keyboard.type("mv")
    await expect(visitor.at("chat-input")).to_have_value("mv")
    await expect(visitor.at("mic-toggle")).to_have_attribute("aria-pressed", "true")


# Frames that take longer to come than an end can be taken back: four seconds, and one more.
AFTER_UNDO = 5 * SMALL_CAMERA.frame_rate


async def test_ending_can_be_taken_back(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await host.at("end-session").click()
    await host.at("end-session").click()
    before = (await visitor.tiles())[0].frames
    await visitor.until(lambda tiles: tiles[0].frames > before + AFTER_UNDO, "the call going on")
    assert await visitor.at("error-message").count() == 0


async def test_devices_change_in_the_call(roda: Clinic, therapist: Person, guest: Person) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.at("settings-button").click()
    microphones = visitor.at("microphone-select").locator("option")
    values = [await one.get_attribute("value") for one in await microphones.all()]
    assert len(values) > 1
    await visitor.at("microphone-select").select_option(values[-1])
    await visitor.page.keyboard.press("Escape")
    await host.until(lambda tiles: tiles[0].energy > 0, "sound")
    remembered = await visitor.page.evaluate("() => localStorage.getItem('roda.microphone')")
    assert remembered == values[-1]


async def test_language_changes_in_the_call_without_a_break(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    _, host, visitor = await two_in_call(roda, therapist, guest)
    await visitor.at("settings-button").click()
    await visitor.page.locator("dialog").get_by_test_id("language-select").select_option("pt-BR")
    await expect(visitor.at("leave-button")).to_contain_text("Sair")
    await visitor.sees_live(THERAPIST)
    await host.sees_live(GUEST)


async def test_a_lost_socket_comes_back_with_the_same_seat(
    roda: Clinic, therapist: Person, guest: Person
) -> None:
    session = await roda.session()
    host = await host_joins(roda, therapist, session)
    visitor = await guest.window()
    sockets: list[WebSocketRoute] = []

    def through(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.connect_to_server()

    await visitor.page.route_web_socket("**/ws?**", through)
    await visitor.join(session.link, "Ana")
    await host.sees_live(GUEST)
    (before,) = await host.tiles()
    await sockets[0].close(code=3001, reason="cut")
    await eventually(lambda: len(sockets) == 2, "a second socket")
    await visitor.sees_live(THERAPIST)
    await host.sees_live(GUEST)
    assert (await host.tiles())[0].connection == before.connection
    await visitor.at("mic-toggle").click()
    await host.until(lambda tiles: tiles[0].micOff, "the mute's sign")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "permission was refused"),
        ("NotFoundError", "none was found"),
        ("NotReadableError", "another program is using it"),
    ],
)
async def test_a_refused_camera_is_explained_and_one_joins_all_the_same(
    roda: Clinic, therapist: Person, guest: Person, name: str, words: str
) -> None:
    session = await roda.session()
    host = await host_joins(roda, therapist, session)
    visitor = await guest.window()
    await visitor.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        f" throw new DOMException('', '{name}'); }};"
    )
    await visitor.open(session.link)
    problem = visitor.at("camera-problem")
    await problem.wait_for()
    assert words in await problem.inner_text()
    assert await problem.get_by_role("button", name="Try again").count() == 1
    await visitor.enter("Ana")
    await visitor.sees_live(THERAPIST)
    (tile,) = await host.until(lambda tiles: len(tiles) == 1, "the guest's tile")
    assert (tile.name, tile.width, tile.micOff) == ("Ana", 0, True)


async def test_the_link_is_copied_and_has_a_code(roda: Clinic, therapist: Person) -> None:
    await therapist.has_logged_in(roda.url, roda.host_token)
    window = await therapist.window()
    await window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await window.open(roda.url)
    await window.at("start-session").click()
    link = await window.at("session-link").get_attribute("href")
    await window.at("copy-link").click()
    await expect(window.at("copy-link")).to_have_text("Copied")
    assert await window.page.evaluate("() => navigator.clipboard.readText()") == link
    code = window.page.locator("img.qr")
    await expect(code).to_be_visible()
    assert await code.evaluate("(image) => image.naturalWidth") > 0
