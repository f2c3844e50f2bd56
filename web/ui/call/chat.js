import { h } from "../dom.js";
import { momentText } from "../moments.js";
import { iconButton } from "../parts.js";

/**
 * Messages to everyone in the call.
 * @param {import("../context.js").Context} context
 * @param {import("./call_screen.js").Call} call
 * @param {(error: unknown) => void} onError
 */
export function chatBox({ t, language }, { client }, onError) {
  const list = h("ol", { class: "chat-list" });
  const log = h(
    "div",
    { class: "chat-messages", tabIndex: 0, "aria-label": t("chat.messages"), role: "log" },
    list,
  );
  const empty = h("p", { class: "hint" }, t("chat.empty"));
  const input = h("textarea", {
    class: "chat-input",
    testid: "chat-input",
    rows: 1,
    maxLength: 2000,
    placeholder: t("chat.placeholder"),
    "aria-label": t("chat.placeholder"),
  });
  /** @type {Set<string>} */
  const shown = new Set();
  const send = async () => {
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    try {
      await client.request("chat", { text });
    } catch (error) {
      // What was typed is not lost: it can be sent again.
      input.value = text;
      onError(error);
    }
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  });
  const form = h(
    "form",
    {
      class: "chat-form",
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void send();
        },
      },
    },
    input,
    iconButton("send", t("chat.send"), { type: "submit", testid: "chat-send" }),
  );
  const update = () => {
    empty.hidden = client.room.chat.length > 0;
    for (const message of client.room.chat) {
      if (shown.has(message.message_id)) continue;
      shown.add(message.message_id);
      const mine = message.participant_id === client.room.me?.participant_id;
      list.append(
        h(
          "li",
          { class: mine ? "chat-message mine" : "chat-message", testid: "chat-message" },
          h(
            "p",
            { class: "chat-meta" },
            h("strong", {}, mine ? t("chat.me") : message.name),
            h("time", { dateTime: message.sent_at }, momentText(language, message.sent_at)),
          ),
          h("p", { class: "chat-text" }, message.text),
        ),
      );
      log.scrollTop = log.scrollHeight;
    }
  };
  const element = h(
    "section",
    { class: "panel-section panel-chat" },
    h("h2", { class: "panel-title" }, t("chat.title")),
    empty,
    log,
    form,
  );
  return { element, update, focus: () => input.focus() };
}
