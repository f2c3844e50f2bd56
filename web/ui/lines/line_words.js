/** What is said of people's lines: pure, so that it can be tested word by word. */

/**
 * @typedef {import("../i18n.js").Translate} Translate
 * @typedef {import("../../client/connection_report.js").Report} Report
 * @typedef {import("../../client/line_verdict.js").Verdict} Verdict
 */

/** @param {Translate} t @param {Verdict} verdict @returns {string} in a few words */
export function verdictWords(t, { grade, side }) {
  return grade === "good" || side === null ? t("verdict.good") : t(`verdict.${grade}.${side}`);
}

/** @param {Translate} t @param {Report} report @returns {string} the first thing to know */
export function lineTitle(t, { state, verdict }) {
  if (state !== "here") return t(`lines.state.${state}`);
  return verdict ? verdictWords(t, verdict) : t("lines.measuring");
}

/**
 * @param {Translate} t @param {Report} report @param {string} name
 * @returns {string} what it means for people and what helps; empty where nothing is to be done
 */
export function lineAdvice(t, { state, verdict }, name) {
  if (state === "interrupted") return t("lines.advice.interrupted", { name });
  return state === "here" && verdict?.side ? t(`lines.advice.${verdict.side}`, { name }) : "";
}

/**
 * All lines in one sentence: whose is at fault, or that it is none of theirs.
 * @param {Translate} t @param {readonly { name: string, report: Report }[]} lines
 * @returns {string} empty where nothing is known yet
 */
export function summaryWords(t, lines) {
  const here = lines.filter(({ report }) => report.state === "here" && report.verdict);
  const cut = lines.filter(({ report }) => report.state === "interrupted");
  const faulty = [...here.filter(({ report }) => report.verdict?.grade !== "good"), ...cut];
  const known = here.length + cut.length;
  if (known === 0) return "";
  if (faulty.length === 0) return t("lines.all_good");
  if (faulty.length === known && known > 1) return t("lines.all_faulty");
  const names = [...new Set(faulty.map(({ name }) => name))].join(", ");
  if (known === 1) return t("lines.only_faulty", { names });
  return t("lines.some_faulty", { n: faulty.length, names });
}

/**
 * The figures, as label and value, in the order in which support asks for them.
 * @param {Translate} t @param {string} language BCP 47 @param {Report} report
 * @param {(connectionId: string) => string} nameOf
 * @returns {{ title: string, rows: [label: string, value: string][] }[]}
 */
export function figures(t, language, report, nameOf) {
  const { sending, receiving, way, roundTripMs } = report;
  const number = formats(language);
  const unknown = t("lines.unknown");
  const rate = (/** @type {number | null} */ bps) => (bps === null ? unknown : number.rate(bps));
  const ms = (/** @type {number | null} */ value) => (value === null ? unknown : number.ms(value));
  const share = (/** @type {number | null} */ value) =>
    value === null ? unknown : number.share(value);
  const common = (/** @type {import("../../client/connection_report.js").Direction} */ one) =>
    /** @type {[string, string][]} */ ([
      [t("lines.rate"), rate(one.bitrateBps)],
      [t("lines.loss"), share(one.lossShare)],
      [t("lines.jitter"), ms(one.jitterMs)],
    ]);
  const none = t("lines.no_picture");
  return [
    {
      title: t("lines.line"),
      rows: [
        [t("lines.way"), way ? t(`lines.way.${way}`) : unknown],
        [t("lines.round_trip"), ms(roundTripMs)],
      ],
    },
    {
      title: t("lines.sends"),
      rows: [
        ...common(sending),
        ...sending.pictures.map(
          ({ source, codec, sizes }) =>
            /** @type {[string, string]} */ ([
              t(source === "screen" ? "lines.screen" : "lines.camera"),
              sizes.length > 0 ? `${sizes.join(", ")} (${codec})` : none,
            ]),
        ),
      ],
    },
    {
      title: t("lines.receives"),
      rows: [
        ...common(receiving),
        [t("lines.estimate"), rate(receiving.estimateBps)],
        ...receiving.pictures.map(
          ({ from, size, largest }) =>
            /** @type {[string, string]} */ ([
              t("lines.from", { name: nameOf(from) }),
              pictureWords(t, size, largest),
            ]),
        ),
      ],
    },
  ];
}

/** @param {Translate} t @param {string} size @param {string} largest */
function pictureWords(t, size, largest) {
  if (!size) return t("lines.paused");
  return size === largest || !largest ? size : t("lines.of", { size, largest });
}

/** @param {string} language */
function formats(language) {
  const of = (/** @type {Intl.NumberFormatOptions} */ options) =>
    new Intl.NumberFormat(language, options);
  const whole = of({ maximumFractionDigits: 0 });
  const tenth = of({ maximumFractionDigits: 1 });
  const percent = of({ style: "percent", maximumFractionDigits: 1 });
  return {
    rate: (/** @type {number} */ bps) =>
      bps >= 1_000_000
        ? `${tenth.format(bps / 1_000_000)} Mbit/s`
        : `${whole.format(bps / 1000)} kbit/s`,
    ms: (/** @type {number} */ value) => `${whole.format(value)} ms`,
    share: (/** @type {number} */ value) => percent.format(value),
  };
}
