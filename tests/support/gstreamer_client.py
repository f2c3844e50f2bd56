"""A WHIP publisher and a WHEP player of GStreamer's webrtcbin, for ``/usr/bin/python3`` of Debian.

gstreamer_client.py whip URL TOKEN vp8|h264     publishes until its input ends
gstreamer_client.py whep URL TOKEN vp8|h264     plays; prints "frames AUDIO VIDEO RED" once a
                                                second: decoded so far, mean of the red channel
"""

from __future__ import annotations

import sys
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

ENCODERS = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=60 error-resilient=default ! rtpvp8pay pt=96",
    "h264": "openh264enc gop-size=60 ! video/x-h264,profile=constrained-baseline ! h264parse"
    " ! rtph264pay pt=96 config-interval=-1",
}
DECODERS = {"vp8": "rtpvp8depay ! vp8dec", "h264": "rtph264depay ! h264parse ! openh264dec"}
PUBLISH = (
    "webrtcbin name=peer bundle-policy=max-bundle"
    " videotestsrc is-live=true pattern=red ! video/x-raw,width=320,height=240,framerate=30/1"
    " ! {encoder} ! application/x-rtp,media=video,payload=96,encoding-name={name} ! peer."
    " audiotestsrc is-live=true freq=500 ! audio/x-raw,rate=48000,channels=2 ! opusenc"
    " ! rtpopuspay pt=97 ! application/x-rtp,media=audio,payload=97,encoding-name=OPUS,"
    "encoding-params=(string)2 ! peer."
)
AUDIO = (
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,"
    "encoding-params=(string)2"
)
VIDEO = (
    "application/x-rtp,media=video,encoding-name={name},payload=96,clock-rate=90000,"
    "rtcp-fb-nack=true,rtcp-fb-nack-pli=true"
)


class Client:
    def __init__(self, door: str, url: str, token: str, codec: str) -> None:
        self.door, self.url, self.token, self.codec = door, url, token, codec
        self.resource = ""
        self.frames = {"audio": 0, "video": 0}
        self.red = -1
        self.loop = GLib.MainLoop()
        if door == "whip":
            self.pipeline = Gst.parse_launch(
                PUBLISH.format(encoder=ENCODERS[codec], name=codec.upper())
            )
        else:
            self.pipeline = Gst.Pipeline.new()
            peer = Gst.ElementFactory.make("webrtcbin", "peer")
            peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
            self.pipeline.add(peer)
        self.peer = self.pipeline.get_by_name("peer")
        # Of itself it leaves the loopback interface out.
        # Kept, since the binding lets go of it one time too often.
        self.ice = self.peer.get_property("ice-agent")
        self.ice.emit("add-local-ip-address", "127.0.0.1")
        if door == "whep":
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in (AUDIO, VIDEO.format(name=codec.upper())):
                self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(caps))
            self.peer.connect("pad-added", self.pad_added)
        self.peer.connect("on-negotiation-needed", self.negotiate)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.failed)

    def run(self) -> None:
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, self.stop)
        GLib.timeout_add(500, self.tell)
        self.loop.run()
        if self.resource:
            self.request("DELETE", self.resource)
        self.pipeline.set_state(Gst.State.NULL)

    def stop(self, *_: object) -> bool:
        self.loop.quit()
        return False

    def tell(self) -> bool:
        print("frames", self.frames["audio"], self.frames["video"], self.red, flush=True)
        return True

    def failed(self, _bus: object, message: Gst.Message) -> None:
        print("error", message.parse_error(), file=sys.stderr, flush=True)
        self.loop.quit()

    def negotiate(self, _peer: object) -> None:
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Gst.Promise) -> None:
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())
        GLib.timeout_add(100, self.send_when_gathered)

    def send_when_gathered(self) -> bool:
        gathering = self.peer.get_property("ice-gathering-state")
        if gathering != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return True
        offer = self.peer.get_property("local-description").sdp.as_text()
        text = self.request("POST", self.url, offer)
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", answer, Gst.Promise.new())
        return False

    def request(self, method: str, url: str, body: str | None = None) -> str:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        data = None if body is None else body.encode()
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            if method == "POST":
                self.resource = urllib.parse.urljoin(url, answer.headers["Location"])
            print(method, answer.status, flush=True)
            return answer.read().decode()

    def pad_added(self, _peer: object, pad: Gst.Pad) -> None:
        media = pad.get_current_caps().get_structure(0).get_string("media")
        chain = (
            "rtpopusdepay ! opusdec"
            if media == "audio"
            else f"{DECODERS[self.codec]} ! videoconvert ! video/x-raw,format=RGB"
        )
        description = f"{chain} ! fakesink name=sink signal-handoffs=true sync=false"
        branch = Gst.parse_bin_from_description(description, True)
        branch.get_by_name("sink").connect("handoff", self.frame, media)
        self.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def frame(self, _sink: object, buffer: Gst.Buffer, _pad: object, media: str) -> None:
        self.frames[media] += 1
        if media == "video":
            red = buffer.extract_dup(0, buffer.get_size())[::3]
            self.red = sum(red) // len(red)


if __name__ == "__main__":
    Gst.init(None)
    Client(*sys.argv[1:5]).run()
