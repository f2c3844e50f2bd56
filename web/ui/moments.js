/** Times as people read them. */

/**
 * @param {string} language BCP 47
 * @param {string} moment RFC 3339
 * @param {Date} [now] the day that needs no naming
 * @returns {string} the time, with its date unless that is today
 */
export function momentText(language, moment, now = new Date()) {
  const date = new Date(moment);
  const isToday = date.toDateString() === now.toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const form = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language, form).format(date);
}
