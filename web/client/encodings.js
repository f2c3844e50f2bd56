/** What is sent of each source: resolutions, frame rates, bit rates. */

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

/**
 * One list per source; several entries with `rid` and `scaleResolutionDownBy` make it simulcast.
 * @type {Record<import("./protocol.js").Source, RTCRtpEncodingParameters[]>}
 */
export const SEND_ENCODINGS = {
  microphone: [{ maxBitrate: 40_000, networkPriority: "high" }],
  // Lowest first; the server says which are watched (`layers_wanted`).
  camera: [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ],
  screen: [{ maxBitrate: 2_000_000 }],
  screen_audio: [{ maxBitrate: 96_000 }],
};

/** Tells the encoder what to keep when bits are short. @type {Partial<Record<string, string>>} */
export const CONTENT_HINTS = { screen: "detail", camera: "motion" };
