import { svg } from "./dom.js";

/** Line icons on a grid of 24, drawn for Roda: each is a list of path data. */
const PATHS = /** @type {const} */ ({
  mic: ["M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z", "M6 11a6 6 0 0 0 12 0", "M12 17v4"],
  mic_off: [
    "M9 9v2a3 3 0 0 0 4.7 2.5",
    "M15 11V6a3 3 0 0 0-5.8-1",
    "M6 11a6 6 0 0 0 9.5 4.9",
    "M17.7 13a6 6 0 0 0 .3-2",
    "M12 17v4",
    "M4 4l16 16",
  ],
  camera: [
    "M4 6h10a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 14 18H4a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 4 6z",
    "M15.5 10.5l6-3v9l-6-3",
  ],
  camera_off: [
    "M10 6h4a1.5 1.5 0 0 1 1.5 1.5V12",
    "M15.5 16.5A1.5 1.5 0 0 1 14 18H4a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 4 6h1.5",
    "M15.5 10.5l6-3v9l-4-2",
    "M4 4l16 16",
  ],
  screen: [
    "M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
    "M9 21h6",
    "M12 14V8",
    "M9.5 10.5 12 8l2.5 2.5",
  ],
  hand: [
    "M8 12V6a1.5 1.5 0 0 1 3 0v5",
    "M11 10V4.5a1.5 1.5 0 0 1 3 0V11",
    "M14 11V6a1.5 1.5 0 0 1 3 0v8a7 7 0 0 1-7 7c-3 0-4.5-1.5-6-4l-1.5-3a1.6 1.6 0 0 1 2.7-1.6L8 15",
  ],
  people: [
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    "M2.5 20a6.5 6.5 0 0 1 13 0",
    "M16 4.3a3.5 3.5 0 0 1 0 6.4",
    "M18 14.5a6.5 6.5 0 0 1 3.5 5.5",
  ],
  chat: ["M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z"],
  leave: [
    "M3 14c0-1 .3-1.7 1-2.3 4.4-3.6 11.6-3.6 16 0 .7.6 1 1.3 1 2.3v1.5a1 1 0 0 1-1.2 1l-3-.6a1 1 0 0 1-.8-1v-1.7a11 11 0 0 0-8 0V15a1 1 0 0 1-.8 1l-3 .5A1 1 0 0 1 3 15.5z",
  ],
  end: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M9 9h6v6H9z"],
  settings: [
    "M4 7h9",
    "M17 7h3",
    "M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    "M4 17h3",
    "M11 17h9",
    "M9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  ],
  copy: [
    "M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1z",
    "M5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1",
  ],
  signal: ["M4 20v-4", "M9.3 20v-8", "M14.7 20V8", "M20 20V4"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  remove: [
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    "M2.5 20a6.5 6.5 0 0 1 13 0",
    "M16.5 8.5h5",
  ],
  pin: ["M9 3h6l-1 6 3 3v2H7v-2l3-3z", "M12 14v7"],
  pip: [
    "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
    "M13 12h5v4h-5z",
  ],
  full: ["M4 9V4h5", "M15 4h5v5", "M20 15v5h-5", "M9 20H4v-5"],
  lock: [
    "M6 11h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1z",
    "M8 11V8a4 4 0 0 1 8 0v3",
  ],
  unlock: [
    "M6 11h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1z",
    "M8 11V8a4 4 0 0 1 7.5-2",
  ],
  share: [
    "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1",
    "M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  ],
  send: ["M4 12l16-8-5 16-3.5-6.5z"],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"],
  sun: [
    "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
    "M12 2.5V5",
    "M12 19v2.5",
    "M2.5 12H5",
    "M19 12h2.5",
    "M5.3 5.3l1.7 1.7",
    "M17 17l1.7 1.7",
    "M18.7 5.3L17 7",
    "M7 17l-1.7 1.7",
  ],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5l3.5 2"],
  door: ["M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17", "M3 21h18", "M14.5 12v.5"],
  alert: ["M12 4l9 16H3z", "M12 10v4.5", "M12 17v.3"],
  volume: ["M4 10v4h3.5l5 4V6l-5 4z", "M16 9a4 4 0 0 1 0 6", "M18.5 6.5a8 8 0 0 1 0 11"],
  more: ["M5.5 12h.01", "M12 12h.01", "M18.5 12h.01"],
  add: ["M12 5v14", "M5 12h14"],
  list: ["M9 6h11", "M9 12h11", "M9 18h11", "M4.5 6h.01", "M4.5 12h.01", "M4.5 18h.01"],
  account: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20.5a7.5 7.5 0 0 1 15 0"],
});

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name @returns {SVGElement} decorative: the control around it has the name */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    ...PATHS[name].map((d) => svg("path", { d })),
  );
}

const SEATS = 8;

/** The mark: people sitting in a circle, one of them speaking. @returns {SVGElement} */
export function mark() {
  const seats = Array.from({ length: SEATS }, (_, index) => {
    const angle = ((index - 1) / SEATS) * 2 * Math.PI;
    const speaking = index === 0;
    return svg("circle", {
      cx: (20 + 14 * Math.cos(angle)).toFixed(2),
      cy: (20 + 14 * Math.sin(angle)).toFixed(2),
      r: speaking ? 5.2 : 3.6,
      class: speaking ? "mark-speaker" : "mark-seat",
    });
  });
  return svg("svg", { viewBox: "0 0 40 40", class: "mark", "aria-hidden": "true" }, ...seats);
}
