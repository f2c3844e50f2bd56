import { CAMERA_CONSTRAINTS, MICROPHONE_CONSTRAINTS, SCREEN_CONSTRAINTS } from "./encodings.js";
import { RodaError } from "./errors.js";

/** Cameras, microphones and screens: what the browser gives, and why it would not. */

/** Names of `DOMException`s of getUserMedia and getDisplayMedia → codes. */
const CODES = /** @type {Record<string, string>} */ ({
  NotAllowedError: "device_denied",
  PermissionDeniedError: "device_denied",
  SecurityError: "device_insecure",
  NotFoundError: "device_missing",
  DevicesNotFoundError: "device_missing",
  OverconstrainedError: "device_missing",
  NotReadableError: "device_busy",
  TrackStartError: "device_busy",
  AbortError: "device_busy",
});

/**
 * @param {unknown} error what getUserMedia or getDisplayMedia rejected with
 * @returns {RodaError} `device_denied`, `device_blocked_by_system`, `device_insecure`,
 *   `device_missing`, `device_busy` or `device_failed`
 */
export function deviceError(error) {
  if (error instanceof RodaError) return error;
  const { name = "", message = "" } = /** @type {DOMException} */ (error ?? {});
  // Chromium says so when the operating system, not the person, refuses.
  const bySystem = name === "NotAllowedError" && /system/i.test(message);
  const code = bySystem ? "device_blocked_by_system" : (CODES[name] ?? "device_failed");
  return new RodaError(code, { cause: error });
}

/** @returns {MediaDevices} or throws `device_insecure`: browsers hide it on plain http */
function devices() {
  const found = globalThis.navigator?.mediaDevices;
  if (!found) throw new RodaError("device_insecure");
  return found;
}

/**
 * @param {string} [deviceId] @returns {Promise<MediaStreamTrack>} rejects with `deviceError`
 */
export async function openCamera(deviceId = "") {
  const video = { ...CAMERA_CONSTRAINTS, ...chosen(deviceId) };
  return firstTrack(() => devices().getUserMedia({ video }));
}

/**
 * @param {string} [deviceId] @returns {Promise<MediaStreamTrack>} rejects with `deviceError`
 */
export async function openMicrophone(deviceId = "") {
  const audio = { ...MICROPHONE_CONSTRAINTS, ...chosen(deviceId) };
  return firstTrack(() => devices().getUserMedia({ audio }));
}

/**
 * Camera and microphone by one question to the person; each may fail on its own.
 * @param {{ camera?: string, microphone?: string }} [deviceIds]
 * @returns {Promise<{ camera: MediaStreamTrack | RodaError, microphone: MediaStreamTrack | RodaError }>}
 */
export async function openBoth({ camera = "", microphone = "" } = {}) {
  try {
    const stream = await devices().getUserMedia({
      video: { ...CAMERA_CONSTRAINTS, ...chosen(camera) },
      audio: { ...MICROPHONE_CONSTRAINTS, ...chosen(microphone) },
    });
    return {
      camera: stream.getVideoTracks()[0] ?? new RodaError("device_missing"),
      microphone: stream.getAudioTracks()[0] ?? new RodaError("device_missing"),
    };
  } catch (cause) {
    const error = deviceError(cause);
    if (error.code === "device_insecure" || (await isPlainRefusal(error))) {
      return { camera: error, microphone: error };
    }
    return {
      camera: await openCamera(camera).catch(deviceError),
      microphone: await openMicrophone(microphone).catch(deviceError),
    };
  }
}

/**
 * Whether the person said no to both: then asking for each once more would only annoy.
 * @param {RodaError} error
 */
async function isPlainRefusal(error) {
  if (error.code !== "device_denied") return false;
  const names = /** @type {PermissionName[]} */ (["camera", "microphone"]);
  try {
    const states = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return states.every(({ state }) => state === states[0]?.state);
  } catch (cause) {
    console.info("This browser does not tell permissions", cause);
    return true;
  }
}

/** @returns {Promise<{ video: MediaStreamTrack, audio: MediaStreamTrack | null }>} */
export async function openScreen() {
  try {
    const stream = await devices().getDisplayMedia({ video: SCREEN_CONSTRAINTS, audio: true });
    const [video] = stream.getVideoTracks();
    const [audio = null] = stream.getAudioTracks();
    if (!video) throw new RodaError("device_missing");
    return { video, audio };
  } catch (error) {
    throw deviceError(error);
  }
}

/** @returns {Promise<MediaDeviceInfo[]>} those with an id, which need a grant to be named */
export async function listDevices() {
  const all = await devices().enumerateDevices();
  return all.filter((device) => device.deviceId !== "");
}

/** @param {string} deviceId @returns {MediaTrackConstraints} */
function chosen(deviceId) {
  // `ideal`: a remembered device that is unplugged today must not refuse the call.
  return deviceId ? { deviceId: { ideal: deviceId } } : {};
}

/** @param {() => Promise<MediaStream>} open @returns {Promise<MediaStreamTrack>} */
async function firstTrack(open) {
  try {
    const [track] = (await open()).getTracks();
    if (!track) throw new RodaError("device_missing");
    return track;
  } catch (error) {
    throw deviceError(error);
  }
}
