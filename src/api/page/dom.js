/** @typedef {Readonly<Record<string, string | number | boolean | undefined>>} Attributes */

/**
 * Makes an element. Children are nodes or text, never markup: what people wrote in posts stays text.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes] undefined and false leave one out
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/**
 * The same for SVG.
 *
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

/**
 * @template {Element} Made
 * @param {Made} made
 * @param {Attributes} attributes
 * @param {readonly (Node | string)[]} children
 */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * An element that index.html has.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {string} selector
 * @param {Name} name its tag
 * @param {ParentNode} [parent]
 */
export function find(selector, name, parent = document) {
  const found = parent.querySelector(selector);
  if (found?.localName !== name) throw new Error(`the page has no <${name}> at ${selector}`);
  return /** @type {HTMLElementTagNameMap[Name]} (just looked at) */ (found);
}

/**
 * Brings a list up to date without making again what is there already, so that the focus stays where it is.
 *
 * @template Item
 * @template {Element & { update(item: Item): void }} Entry
 * @param {Element} list
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => Entry} create
 */
export function bringUpToDate(list, items, keyOf, create) {
  const present = new Map(
    [...list.children].map((child) => [
      child.getAttribute('data-key'),
      /** @type {Entry} (nobody else adds to the list) */ (child),
    ]),
  );
  let place = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const entry = present.get(key) ?? create(item);
    present.delete(key);
    entry.setAttribute('data-key', key);
    entry.update(item);
    if (entry === place) place = place.nextElementSibling;
    else list.insertBefore(entry, place);
  }
  for (const gone of present.values()) gone.remove();
}

/**
 * An entry of a list that is brought up to date.
 *
 * @template Item
 * @param {readonly (Node | string)[]} children
 * @param {(item: Item, entry: HTMLLIElement) => void} update
 */
export function listEntry(children, update) {
  const entry = element('li', {}, ...children);
  return Object.assign(entry, { update: (/** @type {Item} */ item) => update(item, entry) });
}

const LABELS = /** @type {const} */ (['negative', 'neutral', 'positive']);

/**
 * A bar of the three shares. Decoration: the figures stand beside it as text.
 *
 * @param {Readonly<Record<'negative' | 'neutral' | 'positive', number>>} parts in any unit
 */
export function shareBar(parts) {
  const whole = LABELS.reduce((sum, label) => sum + parts[label], 0);
  const bar = element('span', { class: 'shares', 'aria-hidden': 'true' });
  for (const label of LABELS) {
    const piece = element('i', { class: label });
    piece.style.width = `${whole === 0 ? 0 : (100 * parts[label]) / whole}%`;
    bar.append(piece);
  }
  return bar;
}
