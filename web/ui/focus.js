/**
 * Make a part of the page anew without losing the place of who works by keyboard: what has the
 * focus is found again by its `data-focus`; where it is gone, the part's first heading gets it.
 * @param {HTMLElement} part @param {() => void} render
 */
export function keepingFocus(part, render) {
  const focused = document.activeElement;
  const key = focused instanceof HTMLElement ? focused.dataset.focus : undefined;
  const wasInside = part.contains(focused);
  render();
  if (!wasInside) return;
  const again = key && part.querySelector(`[data-focus="${CSS.escape(key)}"]`);
  const place = again || part.querySelector("h2");
  if (place instanceof HTMLElement) place.focus({ preventScroll: Boolean(again) });
}
