"""The words of every error code in English: (what happened, what to do)."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "invalid_request": (
        "The request could not be understood.",
        "Reload the page and try again.",
    ),
    "message_not_json": ("The message is not JSON.", "Send one JSON object per message."),
    "message_unknown_type": (
        "The message is of a type this server does not know.",
        "Reload the page to get the current version.",
    ),
    "message_invalid": (
        "The message has missing or wrong fields.",
        "Reload the page to get the current version.",
    ),
    "body_too_large": ("The request is too large.", "Send less data at once."),
    "not_found": ("There is nothing at this address.", "Check the address."),
    "method_not_allowed": (
        "This address does not accept that kind of request.",
        "Check the method against the API documentation.",
    ),
    "name_required": ("A name is needed to join.", "Type your name and try again."),
    "name_too_long": ("The name is too long.", "Use at most 100 characters."),
    "duration_out_of_range": (
        "The duration is out of range.",
        "Choose between 1 minute and 24 hours.",
    ),
    "not_authenticated": ("You are not logged in.", "Log in and try again."),
    "bad_credentials": (
        "E-mail or password is wrong.",
        "Check both and try again, or ask for a new password.",
    ),
    "too_many_attempts": (
        "Too many log-in attempts.",
        "Wait a few minutes, then try again.",
    ),
    "forbidden": (
        "You are not allowed to do this.",
        "Log in with the account that owns it, or ask the host.",
    ),
    "cross_site_request": (
        "The request came from another site.",
        "Open Roda's own page and try again there.",
    ),
    "email_taken": ("An account with this e-mail exists.", "Log in, or use another e-mail."),
    "weak_password": ("The password is too short or too long.", "Use 8 to 200 characters."),
    "too_many_requests": ("Too many requests from this address.", "Wait a minute, then try again."),
    "reference_not_found": (
        "The patient or therapist named here does not exist.",
        "Choose an existing person.",
    ),
    "session_not_found": (
        "There is no such session.",
        "Check that the link is complete, or ask the host for a new one.",
    ),
    "session_ended": (
        "This session has ended.",
        "Ask the host for a new link if you still need to talk.",
    ),
    "session_expired": (
        "This session's time is over and its link has expired.",
        "Ask the host for a new link.",
    ),
    "session_full": (
        "This session is full.",
        "Wait until someone leaves, or ask the host to start a larger session.",
    ),
    "session_locked": (
        "The host has locked this session.",
        "Ask the host to unlock it, then try again.",
    ),
    "too_many_sessions": (
        "You have too many active sessions.",
        "End one of them, then start a new one.",
    ),
    "participant_barred": (
        "The host removed you from this session and you cannot return.",
        "Contact the host if you think this is a mistake.",
    ),
    "participant_removed": (
        "The host removed you from this session.",
        "Contact the host, or open the link again to ask to be let in.",
    ),
    "participant_not_found": (
        "There is no such participant in this session.",
        "They may have left. Look at the list again.",
    ),
    "declined": (
        "The host did not let you in.",
        "Contact the host, then open the link again.",
    ),
    "not_host": ("Only the host can do this.", "Ask the host."),
    "not_joined": ("You have not joined the call yet.", "Join first."),
    "already_joined": ("This window has joined already.", "Nothing needs to be done."),
    "connect_token_invalid": (
        "The key to this session is not valid.",
        "Open the session's link again.",
    ),
    "connect_token_expired": (
        "The key to this session is too old.",
        "Open the session's link again.",
    ),
    "too_many_connections": (
        "You have this session open in too many windows.",
        "Close one of the other windows, then try again.",
    ),
    "connection_replaced": (
        "This connection was taken over by another window.",
        "Use the other window, or reload this one.",
    ),
    "connection_lost": (
        "The connection to the server was lost.",
        "Check your internet connection and reload the page.",
    ),
    "join_timeout": (
        "The page opened a connection but did not join in time.",
        "Reload the page and try again.",
    ),
    "too_slow": (
        "Your connection cannot keep up with the session's messages.",
        "Check your internet connection and reload the page.",
    ),
    "sdp_invalid": (
        "Your browser's description of its audio and video cannot be read.",
        "Reload the page; if it happens again, use a current Chrome, Firefox or Safari.",
    ),
    "sdp_unsupported": (
        "Your browser offers no audio or video format that this server forwards.",
        "Use a current version of Chrome, Firefox, Edge or Safari.",
    ),
    "offer_superseded": (
        "A newer negotiation has begun.",
        "Nothing needs to be done; the page goes on with the newer one.",
    ),
    "track_unknown": ("There is no such audio or video track.", "Reload the page."),
    "too_many_tracks": (
        "Too many audio and video tracks.",
        "Stop sharing something, then try again.",
    ),
    "media_unreachable": (
        "Audio and video cannot reach the server.",
        "A firewall may block it: try another network, or ask the clinic about a TURN server.",
    ),
    "connection_closed": ("This connection is closed.", "Reload the page to join again."),
    "server_draining": (
        "The server is about to stop and takes no new sessions.",
        "Try again in a minute.",
    ),
    "unsupported_media_type": (
        "The request's body is of a type that this address does not take.",
        "Send the content type that the documentation names.",
    ),
    "not_admitted": (
        "You have not been let into this session yet.",
        "The host has been told that you wait. Try again once you are admitted.",
    ),
    "precondition_failed": (
        "The connection has been restarted since.",
        "Send the entity tag of the latest answer.",
    ),
    "precondition_required": (
        "The request does not say which state of the connection it is for.",
        "Send an If-Match header with the entity tag of the latest answer.",
    ),
    "internal": (
        "Something went wrong on the server.",
        "Try again; if it happens again, tell support the time it happened.",
    ),
    "identity_provider_unreachable": (
        "The service you log in with cannot be reached.",
        "Try again in a minute; if it goes on, tell support.",
    ),
}

# In the place of `session_ended`, where it is known whose doing it was.
END_WORDS: Mapping[str, tuple[str, str]] = {
    "host": (
        "The host has ended this session.",
        "Ask the host for a new link if you still need to talk.",
    ),
    "operator": (
        "The operator of this server has ended this session.",
        "Ask the host for a new link if you still need to talk.",
    ),
    "empty": (
        "This session was closed because nobody was left in it.",
        "Ask the host for a new link if you still need to talk.",
    ),
}
