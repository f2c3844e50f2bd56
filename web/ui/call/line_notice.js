/**
 * Tells of lines that break off and come back: one's own in the banner, the others' to screen
 * readers, whose tiles show it to everyone else.
 * @param {import("../context.js").Context} context
 * @param {import("../../client/roda_client.js").RodaClient} client
 * @param {ReturnType<typeof import("./banner.js").banner>} notice
 */
export function lineNotice({ t, announce }, client, notice) {
  let isShown = false;
  /** @type {Set<string>} connection ids */
  const troubled = new Set();
  return {
    own() {
      const isSilent = client.line === "restoring";
      if (isSilent || client.state === "reconnecting") {
        isShown = true;
        notice.show("warning", t(isSilent ? "call.line_restoring" : "call.reconnecting"));
      } else if (isShown) {
        isShown = false;
        notice.clear();
        announce(t("call.line_restored"), { spokenOnly: true });
      }
    },
    others() {
      const { peers } = client.room;
      for (const id of troubled) if (!peers.has(id)) troubled.delete(id);
      for (const [id, { participant }] of peers) {
        const trouble = client.room.trouble(id);
        if (Boolean(trouble) === troubled.has(id)) continue;
        const { name } = participant;
        if (trouble) troubled.add(id);
        else troubled.delete(id);
        const words = trouble ? t("tile.trouble_said", { name }) : t("tile.trouble_over", { name });
        announce(words, { spokenOnly: true });
      }
    },
  };
}
