"""How much a subscriber's line carries, and how that is divided among what it watches.

Pure: no clock, no socket. `BandwidthEstimator` is the way in for the one, `Allocator` for the
other; the rest are the estimator's parts (draft-ietf-rmcat-gcc-02, and what libwebrtc's
congestion controller has learned since)."""
