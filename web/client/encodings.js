/**
 * What is sent of each source: resolutions, frame rates, bit rates.
 *
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {{ width: number, height: number }} Size
 * @typedef {RTCRtpEncodingParameters & { scalabilityMode?: string }} Encoding
 */

/** @type {MediaTrackConstraints} */
export const CAMERA_CONSTRAINTS = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 24, max: 30 },
};

/** @type {MediaTrackConstraints} */
export const MICROPHONE_CONSTRAINTS = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** @type {MediaTrackConstraints} */
export const SCREEN_CONSTRAINTS = { frameRate: { ideal: 10, max: 15 } };

/** @type {Record<Exclude<Source, "camera">, RTCRtpEncodingParameters>} */
const ALONE = {
  microphone: { maxBitrate: 40_000, networkPriority: "high" },
  screen: { maxBitrate: 2_000_000 },
  screen_audio: { maxBitrate: 96_000 },
};
const RIDS = ["q", "h", "f"];
/** From so many pixels on Chromium sends one, two, three layers (libwebrtc, video/config/simulcast.cc). */
const LAYERS_FROM_PIXELS = [0, 480 * 270, 960 * 540];
const ASSUMED = { width: 1280, height: 720 };
/** At 1280×720 and more; a quarter of the pixels gets a third of it. */
const MOST_BPS = 1_500_000;

/**
 * Codecs whose pictures are sent so that frames can be left out of them; of VP8 Chromium does so by
 * itself. Without a mode it would send VP9 as one stream in spatial layers, in the place of simulcast.
 * @type {Partial<Record<string, string>>}
 */
const SCALABILITY_MODES = { VP9: "L1T3", AV1: "L1T3" };

/**
 * What is sent of a source, the layers of simulcast lowest first. All are negotiated once; what a
 * picture of that size is not sent in is there but inactive.
 * @param {Source} source
 * @param {Size | null} size of the picture, null while unknown
 * @param {string} [codec] as in `video/VP9`, empty while unknown
 * @returns {Encoding[]}
 */
export function encodingsOf(source, size, codec = "") {
  const scalabilityMode = isPicture(source) ? SCALABILITY_MODES[codec] : undefined;
  const mode = scalabilityMode ? { scalabilityMode } : {};
  if (source !== "camera") return [{ ...ALONE[source], ...mode }];
  const layers = layersOf(size ?? ASSUMED);
  return RIDS.map((rid, index) => {
    const scale = 2 ** Math.max(0, layers - 1 - index);
    return {
      rid,
      active: index < layers,
      scaleResolutionDownBy: scale,
      maxBitrate: bitrateOf(size ?? ASSUMED, scale),
      ...mode,
    };
  });
}

/** @param {Source} source */
function isPicture(source) {
  return source === "camera" || source === "screen";
}

/**
 * The highest layer that is sent is the camera's own size, so the lower rids are the small camera's
 * only ones: of smaller pictures Chromium leaves out the uppermost rids, whatever their scale.
 * @param {Size} size @returns {number} 1–3
 */
function layersOf({ width, height }) {
  return LAYERS_FROM_PIXELS.filter((pixels) => width * height >= pixels).length;
}

/** @param {Size} size of the picture @param {number} scale of the layer @returns {number} bit/s */
function bitrateOf({ width, height }, scale) {
  const share = (width * height) / scale ** 2 / (1280 * 720);
  return Math.min(MOST_BPS, Math.round((MOST_BPS * share ** 0.83) / 1000) * 1000);
}

/** Tells the encoder what to keep when bits are short. @type {Partial<Record<string, string>>} */
export const CONTENT_HINTS = { screen: "detail", camera: "motion" };
