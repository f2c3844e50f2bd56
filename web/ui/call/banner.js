import { h, replace } from "../dom.js";
import { errorWords } from "../error_words.js";
import { icon } from "../icons.js";
import { iconButton } from "../parts.js";

/**
 * One line over the pictures for what matters now: the connection, a request, a failure.
 * @param {import("../i18n.js").Translate} t
 */
export function banner(t) {
  const element = h("div", { class: "banner-place", role: "status" });
  /**
   * @param {"warning" | "info" | "error"} tone @param {string} text
   * @param {{ label: string, act: () => void }[]} [actions] without any it can be dismissed
   */
  const show = (tone, text, actions = []) => {
    const buttons = actions.map(({ label, act }) =>
      h(
        "button",
        {
          type: "button",
          class: "button button-small",
          on: {
            click: () => {
              clear();
              act();
            },
          },
        },
        label,
      ),
    );
    replace(
      element,
      h(
        "div",
        {
          class: `banner banner-${tone}`,
          ...(tone === "error" ? { testid: "error-message" } : {}),
        },
        icon(tone === "info" ? "check" : "alert"),
        h("p", {}, text),
        buttons,
        iconButton("close", t("dialog.close"), { on: { click: () => clear() } }),
      ),
    );
  };
  const clear = () => element.replaceChildren();
  return {
    element,
    show,
    clear,
    /** @param {unknown} error */
    showError(error) {
      const { message, remedy } = errorWords(error, t);
      show("error", `${message} ${remedy}`.trim());
    },
  };
}
