from __future__ import annotations

from bots.room_view import MAX_CHAT_KEPT, RoomView
from signaling import protocol as p

ANA = p.ParticipantInfo(participant_id="ana", name="Ana", role="participant")
SESSION = p.SessionInfo(session_id="s", session_name="S", host_name="H", expires_at="2026-01-01")
CAMERA = p.Track(track_id="t1", kind="video", source="camera", muted=False)


def chat(number: int) -> p.ChatMessage:
    return p.ChatMessage(
        message_id=f"m{number}", participant_id="ana", name="Ana", text="oi", sent_at="now"
    )


def entered(**changes: object) -> RoomView:
    view = RoomView()
    result = p.JoinResult(state="in_call", connection_id="me", participant=ANA, session=SESSION)
    view.enter(result.model_copy(update=changes))
    return view


def test_peers_come_change_and_go() -> None:
    view = entered(peers=[p.Peer(connection_id="c1", participant=ANA)])
    view.take(p.PeerJoined(peer=p.Peer(connection_id="c2", participant=ANA)))
    assert set(view.peers) == {"c1", "c2"}
    view.take(p.PeerTracks(connection_id="c2", tracks=[CAMERA]))
    view.take(p.TrackMuted(connection_id="c2", track_id="t1", muted=True))
    assert view.peers["c2"].tracks[0].muted
    raised = ANA.model_copy(update={"hand_raised": True})
    view.take(p.ParticipantUpdated(participant=raised))
    assert all(peer.participant.hand_raised for peer in view.peers.values())
    view.take(p.PeerLeft(connection_id="c1", participant_id="ana", reason="left"))
    assert set(view.peers) == {"c2"}


def test_a_peers_line_is_followed() -> None:
    view = entered(peers=[p.Peer(connection_id="c1", participant=ANA)])
    for connection_id in ("c1", "unknown"):
        view.take(
            p.TransportState(connection_id=connection_id, transport="publish", state="disconnected")
        )
    assert view.peers["c1"].transports == {"publish": "disconnected"}
    assert set(view.peers) == {"c1"}


def test_news_of_unknown_peers_change_nothing() -> None:
    view = entered()
    view.take(p.PeerTracks(connection_id="who", tracks=[CAMERA]))
    view.take(p.TrackMuted(connection_id="who", track_id="t1", muted=True))
    view.take(p.PeerLeft(connection_id="who", participant_id="ana", reason="lost"))
    view.take(p.ExpiryWarning(expires_at="soon"))
    assert view.peers == {}


def test_chat_is_kept_once_and_bounded() -> None:
    view = entered(chat=[chat(0), chat(1)])
    view.take(p.ChatPosted(message=chat(2)))
    again = p.JoinResult(
        state="in_call",
        connection_id="me",
        participant=ANA,
        session=SESSION,
        chat=[chat(n) for n in range(4)],
    )
    view.enter(again)
    assert [message.message_id for message in view.chat] == ["m0", "m1", "m2", "m3"]
    for number in range(MAX_CHAT_KEPT + 10):
        view.take(p.ChatPosted(message=chat(number)))
    assert len(view.chat) == MAX_CHAT_KEPT


def test_waiting_list_and_session() -> None:
    view = entered()
    view.take(p.WaitingList(waiting=[ANA]))
    view.take(p.SessionUpdated(session=SESSION.model_copy(update={"locked": True})))
    assert view.waiting == [ANA]
    assert view.session is not None
    assert view.session.locked
