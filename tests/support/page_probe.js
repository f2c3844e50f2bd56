// Runs in every page before its own scripts: remembers the peer connections, and says what a
// person at this window sees and hears.
(() => {
  const connections = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      connections.push(this);
    }
  };

  async function inbound(trackId) {
    for (const connection of connections) {
      if (connection.connectionState === "closed") continue;
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type === "inbound-rtp" && stat.trackIdentifier === trackId) return stat;
      }
    }
    return {};
  }

  // The median of a grid of points: no moving detail of the picture can decide it.
  function colour(video) {
    if (video.videoWidth === 0) return null;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [32, 24];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0, 32, 24);
    const { data } = context.getImageData(0, 0, 32, 24);
    return [0, 1, 2].map((channel) => {
      const values = data.filter((_, index) => index % 4 === channel).sort((a, b) => a - b);
      return values[values.length >> 1];
    });
  }

  let audio = null;
  const analysers = new Map();

  function analyser(track) {
    audio ??= new AudioContext();
    if (!analysers.has(track.id)) {
      const node = audio.createAnalyser();
      node.fftSize = 8192;
      node.smoothingTimeConstant = 0;
      audio.createMediaStreamSource(new MediaStream([track])).connect(node);
      analysers.set(track.id, node);
    }
    return analysers.get(track.id);
  }

  // The strongest frequency of the last 170 ms, null in silence.
  function tone(track) {
    const node = analyser(track);
    const spectrum = new Float32Array(node.frequencyBinCount);
    node.getFloatFrequencyData(spectrum);
    let best = 4;
    for (let bin = 5; bin < spectrum.length; bin += 1) if (spectrum[bin] > spectrum[best]) best = bin;
    return spectrum[best] > -55 ? (best * audio.sampleRate) / node.fftSize : null;
  }

  async function describe(tile) {
    const video = tile.querySelector("video");
    const sound = tile.querySelector("audio");
    const [picture] = video.srcObject?.getVideoTracks() ?? [];
    const [voice] = sound?.srcObject?.getAudioTracks() ?? [];
    const [seen, heard] = [picture && (await inbound(picture.id)), voice && (await inbound(voice.id))];
    return {
      connection: tile.dataset.connection,
      name: tile.querySelector(".tile-name")?.textContent ?? "",
      micOff: tile.querySelector(".tile-mic svg") !== null,
      width: picture ? video.videoWidth : 0,
      colour: picture ? colour(video) : null,
      frames: seen?.framesDecoded ?? 0,
      energy: heard?.totalAudioEnergy ?? 0,
      tone: voice ? tone(voice) : null,
      playing: Boolean(sound && !sound.paused),
    };
  }

  window.probe = {
    // How each connection's media goes: "host udp", "host tcp", "relay tls" …
    ways: async () => {
      const ways = [];
      for (const connection of connections) {
        if (connection.connectionState !== "connected") continue;
        const report = await connection.getStats();
        for (const stat of report.values()) {
          if (stat.type !== "transport" || !stat.selectedCandidatePairId) continue;
          const local = report.get(report.get(stat.selectedCandidatePairId).localCandidateId);
          ways.push(`${local.candidateType} ${local.relayProtocol ?? local.protocol}`);
        }
      }
      return ways;
    },
    tiles: (testid) =>
      Promise.all([...document.querySelectorAll(`[data-testid="${testid}"]`)].map(describe)),
    // Every picture that arrives: counters since its start.
    async pictures() {
      const found = [];
      for (const connection of connections) {
        if (connection.connectionState === "closed") continue;
        for (const stat of (await connection.getStats()).values()) {
          if (stat.type !== "inbound-rtp" || stat.kind !== "video") continue;
          found.push({
            track: stat.trackIdentifier,
            at: stat.timestamp / 1000,
            width: stat.frameWidth ?? 0,
            frames: stat.framesDecoded ?? 0,
            frozen: stat.totalFreezesDuration ?? 0,
          });
        }
      }
      return found;
    },
    // Sums over every peer connection: what arrived, and what the others told of what was sent.
    async totals() {
      const sums = { received: 0, lost: 0, frozenS: 0 };
      for (const connection of connections) {
        for (const stat of (await connection.getStats()).values()) {
          if (stat.type !== "inbound-rtp") continue;
          sums.received += stat.packetsReceived;
          sums.lost += stat.packetsLost;
          sums.frozenS += stat.totalFreezesDuration ?? 0;
        }
      }
      return sums;
    },
  };
})();
