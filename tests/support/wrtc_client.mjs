// A WHIP publisher and a WHEP player of libwebrtc without a browser (npm: @roamhq/wrtc).
//
// wrtc_client.mjs whip URL TOKEN    publishes a red picture and a tone until its input ends
// wrtc_client.mjs whep URL TOKEN    plays; prints "frames AUDIO VIDEO LUMA" twice a second: what
//                                   came so far, mean brightness of the last picture
// Either prints "METHOD STATUS" of each request.
import wrtc from "@roamhq/wrtc";

const [door, url, token] = process.argv.slice(2);
const { RTCPeerConnection, nonstandard } = wrtc;
const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource, rgbaToI420 } = nonstandard;
const [WIDTH, HEIGHT] = [320, 240];
const [RATE_HZ, TONE_HZ] = [48_000, 500];

const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
const frames = { audio: 0, video: 0, luma: -1 };
const timers = [];

function picture() {
  const rgba = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let at = 0; at < rgba.length; at += 4) rgba.set([255, 0, 0, 255], at);
  const data = new Uint8ClampedArray((WIDTH * HEIGHT * 3) / 2);
  rgbaToI420({ width: WIDTH, height: HEIGHT, data: rgba }, { width: WIDTH, height: HEIGHT, data });
  return { width: WIDTH, height: HEIGHT, data };
}

function publish() {
  const [camera, microphone] = [new RTCVideoSource(), new RTCAudioSource()];
  peer.addTransceiver(microphone.createTrack(), { direction: "sendonly" });
  peer.addTransceiver(camera.createTrack(), { direction: "sendonly" });
  const red = picture();
  timers.push(setInterval(() => camera.onFrame(red), 33));
  let sample = 0;
  const said = () => {
    const samples = new Int16Array(RATE_HZ / 100);
    for (let at = 0; at < samples.length; at += 1, sample += 1) {
      samples[at] = 8000 * Math.sin((2 * Math.PI * TONE_HZ * sample) / RATE_HZ);
    }
    microphone.onData({ samples, sampleRate: RATE_HZ, bitsPerSample: 16, channelCount: 1 });
  };
  timers.push(setInterval(said, 10));
}

function play() {
  const sinks = [];
  peer.ontrack = ({ track }) => {
    const sink = track.kind === "audio" ? new RTCAudioSink(track) : new RTCVideoSink(track);
    sinks.push(sink);
    if (track.kind === "audio") sink.ondata = () => (frames.audio += 1);
    else {
      sink.onframe = ({ frame }) => {
        frames.video += 1;
        const luma = frame.data.subarray(0, frame.width * frame.height);
        frames.luma = Math.round(luma.reduce((sum, one) => sum + one, 0) / luma.length);
      };
    }
  };
  for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "recvonly" });
  timers.push(
    setInterval(() => console.log("frames", frames.audio, frames.video, frames.luma), 500),
  );
}

async function ask(method, address, body) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
  const answer = await fetch(address, { method, body, headers });
  console.log(method, answer.status);
  return answer;
}

if (door === "whip") publish();
else play();
await peer.setLocalDescription(await peer.createOffer());
const answer = await ask("POST", url, peer.localDescription.sdp);
const resource = new URL(answer.headers.get("Location"), url);
await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
process.stdin.resume();
process.stdin.on("end", async () => {
  await ask("DELETE", resource);
  for (const timer of timers) clearInterval(timer);
  peer.close();
  process.exit(0);
});
