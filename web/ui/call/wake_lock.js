/**
 * Keep a phone's screen on while in a call, where the browser can.
 * @returns {() => void} lets it go dark again
 */
export function keepAwake() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  const abort = new AbortController();
  const take = async () => {
    if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (abort.signal.aborted) await lock.release();
    } catch (error) {
      console.info("The screen may go dark during the call", error);
    }
  };
  // The browser drops the lock when the page is hidden.
  document.addEventListener("visibilitychange", () => void take(), { signal: abort.signal });
  void take();
  return () => {
    abort.abort();
    void lock?.release();
  };
}
