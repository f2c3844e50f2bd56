// What Chromium sends of a camera in one codec and one choice of layers, and what it costs: run by
// bench/publishing.py. The other end is in the same page, and takes everything.
async ([codec, encodings, seconds]) => {
  const { codecs } = RTCRtpSender.getCapabilities("video");
  const video = { width: 1280, height: 720 };
  const stream = await navigator.mediaDevices.getUserMedia({ video });
  const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()];
  sender.onicecandidate = ({ candidate }) => candidate && receiver.addIceCandidate(candidate);
  receiver.onicecandidate = ({ candidate }) => candidate && sender.addIceCandidate(candidate);
  const [track] = stream.getVideoTracks();
  const transceiver = sender.addTransceiver(track, {
    direction: "sendonly",
    sendEncodings: encodings,
  });
  const isWanted = ({ mimeType }) => mimeType === `video/${codec}`;
  transceiver.setCodecPreferences(codecs.filter(isWanted));
  await sender.setLocalDescription();
  // A browser takes no simulcast: it is told of one stream, and the sender that three are welcome.
  const lines = sender.localDescription.sdp.split("\r\n");
  const plain = lines.filter((line) => !/^a=(rid|simulcast):/.test(line)).join("\r\n");
  await receiver.setRemoteDescription({ type: "offer", sdp: plain });
  await receiver.setLocalDescription();
  const rids = encodings.map(({ rid }) => rid).filter(Boolean);
  const welcome = rids.map((rid) => `a=rid:${rid} recv\r\n`).join("");
  const simulcast = rids.length > 0 ? `${welcome}a=simulcast:recv ${rids.join(";")}\r\n` : "";
  const answer = receiver.localDescription.sdp + simulcast;
  await sender.setRemoteDescription({ type: "answer", sdp: answer });

  const sent = async () =>
    [...(await sender.getStats()).values()].filter(({ type }) => type === "outbound-rtp");
  const settle = 8000; // the estimate climbs from 300 kbit/s
  await new Promise((resolve) => setTimeout(resolve, settle));
  const before = new Map((await sent()).map((one) => [one.ssrc, one]));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const found = (await sent()).map((now) => {
    const was = before.get(now.ssrc) ?? {};
    const grown = (name) => (now[name] ?? 0) - (was[name] ?? 0);
    return {
      rid: now.rid ?? "",
      width: now.frameWidth ?? 0,
      mode: now.scalabilityMode ?? "",
      encoder: now.encoderImplementation ?? "",
      limited: now.qualityLimitationReason ?? "",
      frames: grown("framesEncoded"),
      encodeS: grown("totalEncodeTime"),
      bytes: grown("bytesSent"),
      qp: grown("qpSum"),
    };
  });
  track.stop();
  sender.close();
  receiver.close();
  return found;
}
