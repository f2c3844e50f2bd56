"""Bytes to values and back: RTP, RTCP, STUN, SDP, payload descriptors. Standard library only."""
