"""A page that sends its camera as one stream in layers, whatever the page would send by itself."""

from __future__ import annotations

import json

_SCRIPT = """
(({ codec, mode, maxBitrate }) => {
  const layered = new WeakSet();
  const native = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (track, init) {
    const kind = typeof track === "string" ? track : track.kind;
    if (kind !== "video" || init?.direction !== "sendonly") return native.call(this, track, init);
    const sendEncodings = [{ scalabilityMode: mode, maxBitrate }];
    const transceiver = native.call(this, track, { ...init, sendEncodings });
    const { codecs } = RTCRtpSender.getCapabilities("video");
    const names = [`video/${codec}`, "video/rtx"];
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => names.includes(mimeType)));
    layered.add(transceiver.sender);
    return transceiver;
  };
  const { setParameters } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.setParameters = function (parameters) {
    for (const encoding of layered.has(this) ? parameters.encodings : []) {
      encoding.scalabilityMode = mode;
    }
    return setParameters.call(this, parameters);
  };
})
"""


def sends_in_layers(codec: str, mode: str, max_bps: int) -> str:
    """A script for the page, to run before its own.

    :param codec: as in SDP, the only one offered
    :param mode: a scalability mode (W3C WebRTC-SVC)
    """
    choice = {"codec": codec, "mode": mode, "maxBitrate": max_bps}
    return f"({_SCRIPT.strip()})({json.dumps(choice)});"
