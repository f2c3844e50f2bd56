const EXTEND_MIN = 30;
const WARNING_MS = 5 * 60_000;

/**
 * Tell that the session ends soon, and to the host how to extend it; take it back once it is. The
 * server warns a room once: who comes later is told on arrival.
 * @param {import("../i18n.js").Translate} t
 * @param {import("./call_screen.js").Call["client"]} client
 * @param {object} parts
 * @param {Pick<ReturnType<typeof import("./banner.js").banner>, "show" | "clear">} parts.notice
 * @param {(error: unknown) => void} parts.onError
 * @param {(type: string, react: () => void) => void} parts.on listens to the client
 */
export function warnOfExpiry(t, client, { notice, onError, on }) {
  let warned = false;
  const endsSoon = () =>
    Date.parse(client.room.session?.expires_at ?? "") - Date.now() <= WARNING_MS;
  const warn = () => {
    const act = () => void client.request("extend_session", { minutes: EXTEND_MIN }).catch(onError);
    const label = t("call.extend", { minutes: EXTEND_MIN });
    const isHost = client.room.me?.role === "host";
    notice.show("warning", t("call.expiring"), isHost ? [{ label, act }] : []);
    warned = true;
  };
  on("expiry_warning", warn);
  on("room", () => {
    if (warned && !endsSoon()) notice.clear();
    warned &&= endsSoon();
  });
  if (endsSoon()) warn();
}
