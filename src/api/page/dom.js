/**
 * Makes an element. Children are nodes or text, never markup: what people wrote in posts stays text.
 *
 * @param {string} name
 * @param {Record<string, string | number | boolean | undefined>} [attributes] undefined and false leave one out
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** The element of the page with an id. */
export const byId = (id) => document.getElementById(id);

/**
 * Brings a list up to date without making again what is there already, so that the focus stays where it is.
 *
 * @template Item
 * @param {Element} list
 * @param {readonly Item[]} items
 * @param {{ key: (item: Item) => string, create: (item: Item) => Element, update: (made: Element, item: Item) => void }} how
 */
export function bringUpToDate(list, items, { key, create, update }) {
  const present = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const id = key(item);
    let child = present.get(id);
    present.delete(id);
    if (child === undefined) {
      child = create(item);
      child.dataset.key = id;
    }
    update(child, item);
    if (list.children[i] !== child) list.insertBefore(child, list.children[i] ?? null);
  });
  for (const gone of present.values()) gone.remove();
}

/** A bar of the three shares. Decoration: the figures stand beside it as text. */
export function shareBar() {
  const bar = element('span', { class: 'shares', 'aria-hidden': 'true' });
  bar.append(...['negative', 'neutral', 'positive'].map((label) => element('i', { class: label })));
  return bar;
}

/** @param {Record<'negative' | 'neutral' | 'positive', number>} parts in any unit */
export function updateShareBar(bar, parts) {
  const whole = parts.negative + parts.neutral + parts.positive;
  for (const part of bar.children) {
    part.style.width = `${whole === 0 ? 0 : (100 * parts[part.className]) / whole}%`;
  }
}
