// One flame graph, as SVG, of the profiles that V8 writes (`node --cpu-prof`, one for each thread):
//
//   node scripts/flame-graph.mjs --output flame.svg [--title TEXT] [--skip SECONDS] FILE.cpuprofile...
//
// The main thread and all other threads together stand beside each other. Wide is what took long; above a function stand
// those that it called; the name and share of each are shown under the pointer. What took less than a two-thousandth is
// left out, and so is the time in which a thread had nothing to do, and what was within --skip seconds after the first profile
// began. Native code counts as the function that called it.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

const WIDTH = 1200;
const ROW = 16;
const MARGIN = 10;
const HEAD = 44;
const LEAST_SHARE = 1 / 2_000;
/** Of the font, 11 px monospaced. */
const CHARACTER = 6.6;
const FEWEST_CHARACTERS = 3;
const COLOURS = { own: '#f6a04d', library: '#7fb2e5', node: '#a8c686', engine: '#d3d3d3', thread: '#eeeeee' };
/** The last waits for the next task of a thread in piscina. */
const IDLE = new Set(['(idle)', 'atomicsWaitLoop']);

const { values, positionals: files } = parseArgs({
  options: {
    output: { type: 'string' },
    title: { type: 'string', default: 'Processor time' },
    skip: { type: 'string', default: '0' },
  },
  allowPositionals: true,
});
if (values.output === undefined || files.length === 0) {
  process.stderr.write(
    'usage: node scripts/flame-graph.mjs --output FILE [--title TEXT] [--skip SECONDS] FILE.cpuprofile...\n',
  );
  process.exit(2);
}

const root = { name: 'all', kind: 'thread', micros: 0, children: new Map() };
const profiles = files.map((file) => ({ ...JSON.parse(readFileSync(file, 'utf8')), thread: threadOf(file) }));
// All threads have one clock, in µs.
const from = Math.min(...profiles.map(({ startTime }) => startTime)) + Number(values.skip) * 1e6;
for (const profile of profiles) addProfile(root, profile);
writeFileSync(values.output, svgOf(root, values.title));

/** Node names the files CPU.DATE.TIME.PROCESS.THREAD.NUMBER.cpuprofile; the main thread is 0. */
function threadOf(file) {
  const [, thread] = /^CPU\.\d+\.\d+\.\d+\.(\d+)\.\d+\.cpuprofile$/.exec(basename(file)) ?? [];
  return thread === undefined || thread === '0' ? 'main thread' : 'other threads';
}

/** Adds the time of each sample to the functions on its stack. */
function addProfile(root, { nodes, samples, timeDeltas, startTime, thread }) {
  const top = childOf(root, { name: thread, kind: 'thread' });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const frames = new Map();
  // A profile's own root stands for the thread; its children are called by it.
  const frameOf = (id) => {
    const known = frames.get(id);
    if (known !== undefined) return known;
    const parent = parents.get(id);
    const frame = parent === undefined ? top : childOf(frameOf(parent), describe(byId.get(id).callFrame));
    frames.set(id, frame);
    return frame;
  };
  const micros = new Map();
  let at = startTime;
  // A delta is the time since the sample before: it belongs to that one.
  for (let i = 0; i + 1 < samples.length; i += 1) {
    at += timeDeltas[i];
    if (at >= from) micros.set(samples[i], (micros.get(samples[i]) ?? 0) + Math.max(0, timeDeltas[i + 1]));
  }
  for (const [id, own] of micros) {
    if (IDLE.has(byId.get(id).callFrame.functionName)) continue;
    const stack = new Set([root, top]);
    for (let at = id; at !== undefined; at = parents.get(at)) stack.add(frameOf(at));
    for (const frame of stack) frame.micros += own;
  }
}

function childOf(parent, { name, kind }) {
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const child = { name, kind, micros: 0, children: new Map() };
  parent.children.set(name, child);
  return child;
}

/** Where a function is, without the folders of this machine. */
function describe({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  if (url === '') return { name, kind: 'engine' };
  if (url.startsWith('node:')) return { name: `${name} ${url}`, kind: 'node' };
  const library = url.lastIndexOf('/node_modules/');
  const place =
    library === -1
      ? url.split('/').slice(-2).join('/')
      : url.slice(library + '/node_modules/'.length).replace(/^((?:@[^/]+\/)?[^/]+)\/.*\//, '$1/…/');
  return { name: `${name} ${place}:${lineNumber + 1}`, kind: library === -1 ? 'own' : 'library' };
}

function svgOf(root, title) {
  const boxes = [];
  let rows = 0;
  const draw = (frame, x, row) => {
    const share = frame.micros / root.micros;
    if (!(share >= LEAST_SHARE)) return;
    rows = Math.max(rows, row + 1);
    boxes.push({ frame, share, x, row });
    let left = x;
    // The widest first, so that what matters is where one looks.
    for (const child of [...frame.children.values()].sort((a, b) => b.micros - a.micros)) {
      draw(child, left, row + 1);
      left += child.micros / root.micros;
    }
  };
  draw(root, 0, 0);
  const height = HEAD + rows * ROW + MARGIN;
  const shapes = boxes.map(({ frame, share, x, row }) => {
    const [left, width] = [MARGIN + x * (WIDTH - 2 * MARGIN), share * (WIDTH - 2 * MARGIN)];
    const top = HEAD + (rows - 1 - row) * ROW;
    const fits = Math.floor((width - 4) / CHARACTER);
    const shown = frame.name.length <= fits ? frame.name : `${frame.name.slice(0, Math.max(0, fits - 1))}…`;
    const text =
      fits < FEWEST_CHARACTERS
        ? ''
        : `<text x="${(left + 2).toFixed(1)}" y="${top + 12}">${escaped(shown)}</text>`;
    return (
      `<g><title>${escaped(frame.name)}: ${(100 * share).toFixed(1)} %</title>` +
      `<rect x="${left.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${COLOURS[frame.kind]}"/>${text}</g>`
    );
  });
  const seconds = (root.micros / 1e6).toFixed(1);
  const about = 'orange: own code, blue: packages, green: Node, grey: V8 and native';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${MARGIN}" y="18" font-size="14">${escaped(title)}</text>`,
    `<text x="${MARGIN}" y="34">${seconds} s in all threads; ${about}</text>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
