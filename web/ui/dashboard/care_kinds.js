/**
 * Inquiries and treatment plans: what is alike is one shape, what differs stands here.
 *
 * @typedef {"open" | "answered" | "closed" | "draft" | "active" | "completed" | "cancelled"} Status
 * @typedef {object} CareItem
 * @property {string} id
 * @property {string} title
 * @property {string} text
 * @property {Status} status
 * @property {string} created_at RFC 3339
 * @property {string} updated_at RFC 3339
 * @property {import("../../api.js").Person} patient
 * @property {import("../../api.js").Person} therapist
 *
 * @typedef {{ patient_id: string, therapist_id: string, title: string, text: string }} NewItem
 *
 * @typedef {object} CareKind
 * @property {"inquiries" | "plans"} name of its words
 * @property {"patient" | "therapist"} writer who writes new ones in the page
 * @property {readonly Status[]} statuses in the order of a life
 * @property {readonly Status[]} patientStatuses those that a patient may choose in the page
 * @property {readonly Status[]} settled those that need nobody any more
 * @property {(api: import("../../api.js").RodaApi) => Promise<CareItem[]>} load newest first
 * @property {(api: import("../../api.js").RodaApi, item: NewItem) => Promise<void>} add
 * @property {(api: import("../../api.js").RodaApi, id: string, status: Status) => Promise<void>} setStatus
 */

/** @type {CareKind} */
export const INQUIRIES = {
  name: "inquiries",
  writer: "patient",
  statuses: ["open", "answered", "closed"],
  patientStatuses: ["open", "closed"],
  settled: ["closed"],
  load: async (api) => {
    const rows = await api.listInquiries();
    return rows.map((row) => ({ ...common(row), title: row.subject, text: row.message }));
  },
  add: (api, { title, text, ...people }) =>
    api.addInquiry({ ...people, subject: title, message: text }),
  setStatus: (api, id, status) => api.setInquiryStatus(id, status),
};

/** @type {CareKind} */
export const PLANS = {
  name: "plans",
  writer: "therapist",
  statuses: ["draft", "active", "completed", "cancelled"],
  patientStatuses: [],
  settled: ["completed", "cancelled"],
  load: async (api) => {
    const rows = await api.listTreatmentPlans();
    return rows.map((row) => ({ ...common(row), title: row.title, text: row.description }));
  },
  add: (api, { title, text, ...people }) =>
    api.addTreatmentPlan({ ...people, title, description: text }),
  setStatus: (api, id, status) => api.setPlanStatus(id, status),
};

/** @param {import("../../api.js").CareRow} row */
function common({ id, status, created_at, updated_at, patient, therapist }) {
  return { id, status: /** @type {Status} */ (status), created_at, updated_at, patient, therapist };
}

/** @param {CareItem} item @param {string} myId whoever of the two is not oneself */
export function otherPerson({ patient, therapist }, myId) {
  return therapist.id === myId ? patient : therapist;
}

/**
 * The statuses somebody may choose from in the page, the present one among them; none where it is
 * not theirs to change.
 * @param {CareKind} kind @param {CareItem} item @param {string} myId
 * @returns {Status[]}
 */
export function choices(kind, item, myId) {
  if (item.therapist.id === myId) return [...kind.statuses];
  if (kind.patientStatuses.length === 0) return [];
  return kind.statuses.filter(
    (status) => kind.patientStatuses.includes(status) || status === item.status,
  );
}
