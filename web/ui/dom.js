/**
 * Elements from values. Text only ever becomes text nodes, so nothing a person typed is markup.
 *
 * @typedef {string | number | Node | null | undefined | false} Child
 * @typedef {Record<string, any> & {
 *   class?: string, testid?: string, on?: Record<string, (event: any) => void>,
 * }} Props `on` holds listeners; names with a dash become attributes, the others properties
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Props} [props] @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  const { class: className, testid, on = {}, ...rest } = props;
  if (className) element.className = className;
  if (testid) element.dataset.testid = testid;
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(rest)) setProperty(element, name, value);
  append(element, children);
  return element;
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function setProperty(element, name, value) {
  if (value === undefined || value === null) return;
  if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
  else Object.assign(element, { [name]: value });
}

/** @param {Node} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function replace(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag @param {Record<string, string | number>} [attributes]
 * @param {...SVGElement} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
  element.append(...children);
  return element;
}

let lastId = 0;

/** @param {string} prefix @returns {string} an id no other element has */
export function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
