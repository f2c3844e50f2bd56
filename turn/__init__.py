"""ICE servers: Twilio, coturn, static."""
