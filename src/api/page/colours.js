/** @type {Map<string, string>} */
const known = new Map();
const probe = document.createElement('span');
probe.hidden = true;

/**
 * A colour of the style sheet, for what is drawn on a canvas.
 *
 * @param {string} name of a custom property, such as `--negative`
 * @param {number} [opacity]
 */
export function colour(name, opacity = 1) {
  const key = `${name} ${opacity}`;
  let found = known.get(key);
  if (found === undefined) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `color-mix(in srgb, var(${name}) ${100 * opacity}%, transparent)`;
    found = getComputedStyle(probe).color;
    known.set(key, found);
  }
  return found;
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const KEPT = 'sentiflux.theme';

/** Whether the page is dark now: as the reader chose, or as their system is. */
export function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? dark.matches : theme === 'dark';
}

/** Changes between dark and light, and remembers it. `theme.js` reads it before the page is shown. */
export function changeTheme() {
  const theme = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEPT, theme);
  known.clear();
}

/** @param {() => void} listener called when the reader's system changes between dark and light */
export function onSystemTheme(listener) {
  dark.addEventListener('change', () => {
    known.clear();
    listener();
  });
}
