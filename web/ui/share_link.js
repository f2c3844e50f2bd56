import { h } from "./dom.js";
import { icon } from "./icons.js";

const COPIED_MS = 2500;

/**
 * A share link with its copy button and QR code.
 * @param {Pick<import("./context.js").Context, "t" | "announce">} context
 * @param {string} address
 * @param {string} sessionId for the code, which the server draws for the host
 * @returns {HTMLElement}
 */
export function linkBox({ t, announce }, address, sessionId) {
  const link = h("a", { class: "link-text", href: address, testid: "session-link" }, address);
  const copy = h(
    "button",
    {
      type: "button",
      class: "button",
      testid: "copy-link",
      on: { click: () => void copyAddress(copy, link, { t, announce }) },
    },
    icon("copy"),
    h("span", {}, t("share.copy")),
  );
  const code = h("img", {
    class: "qr",
    alt: t("share.qr"),
    src: `/api/v1/sessions/${encodeURIComponent(sessionId)}/qr.svg`,
    on: { error: () => code.remove() },
  });
  return h("div", { class: "link-box" }, h("div", { class: "link-row" }, link, copy), code);
}

/**
 * @param {HTMLElement} button @param {HTMLAnchorElement} link
 * @param {Pick<import("./context.js").Context, "t" | "announce">} context
 */
async function copyAddress(button, link, { t, announce }) {
  try {
    await navigator.clipboard.writeText(link.href);
  } catch (error) {
    // No clipboard without a secure context or a permission: mark it, so that one key copies it.
    getSelection()?.selectAllChildren(link);
    announce(t("share.copy_failed"));
    console.info("The clipboard refused the link", error);
    return;
  }
  button.replaceChildren(icon("check"), h("span", {}, t("share.copied")));
  announce(t("share.copied"));
  setTimeout(() => button.replaceChildren(icon("copy"), h("span", {}, t("share.copy"))), COPIED_MS);
}
