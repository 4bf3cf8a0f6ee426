// What so many posts a second need, reckoned from measured costs, as the tables of docs/capacity.md:
//
//   node scripts/capacity.mjs [--bench FILE] [--soak FILE] [--OPTION NUMBER]... [--write MARK]
//
// --bench and --soak read costs from what `BENCH_OUTPUT=FILE make bench` and `make soak` have written; every other figure is an
// option, with a default that was measured or is an assumption (--help lists them), and an option wins over a file. Prices are
// yours, in whatever currency. --write puts the tables between `<!-- MARK -->` and `<!-- /MARK -->` of docs/capacity.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const PAGE = 'docs/capacity.md';
const SIZES = [10_000, 100_000, 1_000_000];
/** `topics create` makes so many by default. */
const PARTITIONS = 4;
/** Windows of a brand that end in a second: of 10 s, 1 min, 5 min, 1 h and 1 d. */
const WINDOWS_A_SECOND = 1 / 10 + 1 / 60 + 1 / 300 + 1 / 3_600 + 1 / 86_400;
/** `aggregation.recentPosts`: of each partition. */
const RECENT_POSTS = 65_536;
/** What is remembered of a post goes after the horizon and up to a quarter of it more (docs/delivery.md). */
const REMEMBERED_FOR = 1.25;
const MOST_CELLS = 100_000;

/** Each with its default and what it is. */
const OPTIONS = {
  score: [134, 'role score, processor time of a post, µs (measured: make bench)'],
  aggregate: [54.5, 'role aggregate, processor time of a post, µs (measured: scripts/bench-aggregate.mjs)'],
  redis: [19.4, "Redis' own processor time of a post, µs (measured: the same)"],
  close: [
    400,
    'closing a window, processor time for each partition it is merged from, µs (measured: the same, --close)',
  ],
  'worker-gigabytes': [0.55, 'memory of a worker (measured: make soak)'],
  'post-bytes': [258, 'a post in the log of its topic, with its share of the batch (measured)'],
  'result-bytes': [673, 'a result in the log of its topic (measured)'],
  'remembered-bytes': [
    64,
    'what Redis remembers of a post for edits and deletions (measured: docs/windows.md)',
  ],
  'recent-bytes': [
    110,
    'what Redis keeps of each of the recent posts of a partition (measured: docs/windows.md)',
  ],
  'brand-megabytes': [11.2, 'all windows of a busy brand in Redis (measured: docs/windows.md)'],
  'part-megabytes': [
    5.5,
    'what a partition has counted of a busy brand, in Redis (measured: docs/windows.md)',
  ],
  brands: [20, 'brands, all of them busy'],
  'horizon-hours': [24, 'aggregation.retractionHorizonMs'],
  'retention-hours': [24, 'how long the topics keep records (assumed)'],
  replication: [3, 'copies of a record (assumed)'],
  load: [0.7, 'share of a core, a memory or a network that is used (assumed)'],
  cores: [2, 'cores of a worker (assumed)'],
  'partition-room': [2, 'partitions for each worker, so that workers can be added (assumed)'],
  'redis-gigabytes': [64, 'memory of one Redis (assumed)'],
  'broker-megabytes': [100, 'what one broker takes in a second, copies included (assumed)'],
  'broker-cores': [4, 'cores of a broker (assumed)'],
  'broker-gigabytes': [16, 'memory of a broker (assumed)'],
  'core-hour': [1, 'price of a core for an hour (yours)'],
  'gigabyte-hour': [0, 'price of a GB of memory for an hour (yours)'],
  'disk-gigabyte-hour': [0, 'price of a GB of disk for an hour (yours)'],
};

const names = Object.keys(OPTIONS);
const { values } = parseArgs({
  options: {
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    bench: { type: 'string' },
    soak: { type: 'string' },
    write: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  for (const name of names) {
    const [value, meaning] = OPTIONS[name];
    process.stdout.write(`--${name.padEnd(20)} ${String(value).padStart(5)}  ${meaning}\n`);
  }
} else {
  const costs = costsOf(values);
  const text = [sizesTable(costs), '', limitsTable(limitsOf(costs)), '', assumptions(costs)].join('\n');
  process.stdout.write(`${text}\n`);
  if (values.write !== undefined)
    writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), values.write, text));
}

/** Options over files over defaults. */
function costsOf(given) {
  const measured = { ...(given.bench && fromBench(given.bench)), ...(given.soak && fromSoak(given.soak)) };
  const costs = {};
  for (const name of names) {
    const number = Number(given[name] ?? measured[name] ?? OPTIONS[name][0]);
    if (!(number >= 0)) {
      process.stderr.write(`--${name} ${given[name] ?? measured[name]}: a number is wanted\n`);
      process.exit(2);
    }
    costs[name] = number;
  }
  return costs;
}

/** Of the fastest of our rows that only score, at least once; and what the other roles add to the same row. */
function fromBench(file) {
  const ours = JSON.parse(readFileSync(file, 'utf8')).filter(
    ({ stack, delivery, cpuMicros }) =>
      stack === 'sentiflux' && delivery === 'at-least-once' && cpuMicros !== null,
  );
  const [score] = ours
    .filter(({ roles }) => roles === 'score')
    .sort((a, b) => b.postsPerSecond.median - a.postsPerSecond.median);
  if (score === undefined) throw new Error(`${file} has no row of the role score, at least once`);
  return { score: score.cpuMicros.median };
}

function fromSoak(file) {
  return { 'worker-gigabytes': JSON.parse(readFileSync(file, 'utf8')).peakMegabytes / 1_000 };
}

/** Cores that so many posts a second keep busy, at so many µs each, where they are used as far as they may be. */
function coresFor(rate, micros, costs) {
  return (rate * micros) / 1e6 / costs.load;
}

/**
 * What a cell needs: topics, workers and a Redis of its own, with a share of the brands and of the posts. Redis Cluster is
 * not spoken, so this is how there is more than one Redis.
 */
function cellOf(rate, brands, costs) {
  const scorers = Math.ceil(coresFor(rate, costs.score, costs) / costs.cores);
  const aggregators = Math.ceil(coresFor(rate, costs.aggregate, costs));
  const partitions = Math.max(
    PARTITIONS,
    2 ** Math.ceil(Math.log2(Math.max(scorers, aggregators) * costs['partition-room'])),
  );
  // The brand of all posts is one more. With more cells than brands each has a part of a brand's posts.
  const counted = Math.max(1, Math.ceil(brands)) + 1;
  const gigabytes =
    (rate * 3_600 * costs['horizon-hours'] * REMEMBERED_FOR * costs['remembered-bytes'] +
      partitions * RECENT_POSTS * costs['recent-bytes'] +
      counted * (costs['brand-megabytes'] + partitions * costs['part-megabytes']) * 1e6) /
    1e9;
  return {
    scorers,
    aggregators,
    partitions,
    gigabytes,
    redisLoad: (rate * costs.redis) / 1e6,
    closerLoad: (counted * WINDOWS_A_SECOND * partitions * costs.close) / 1e6,
  };
}

/** How far a cell uses what there is once in it: 1 is as far as it may. */
function usesOf(cell, costs) {
  return [
    ['memory of the Redis', cell.gigabytes / costs['redis-gigabytes'] / costs.load],
    ['command thread of the Redis', cell.redisLoad / costs.load],
    ['process that closes windows', cell.closerLoad / costs.load],
  ].sort(([, a], [, b]) => b - a);
}

/**
 * The fewest cells whose Redis and closer can do it.
 *
 * @throws Error where no number of them can
 */
function planOf(rate, costs) {
  for (let cells = 1; cells <= MOST_CELLS; cells += 1) {
    const cell = cellOf(rate / cells, costs.brands / cells, costs);
    const uses = usesOf(cell, costs);
    if (uses.every(([, use]) => use <= 1))
      return { rate, cells, cell, uses, ...totalOf(rate, cells, cell, costs) };
  }
  throw new Error(`no number of cells is enough for ${rate} posts/s: a single brand is too much for a Redis`);
}

function totalOf(rate, cells, cell, costs) {
  const bytes = rate * (costs['post-bytes'] + costs['result-bytes']);
  const brokerBytes = bytes * costs.replication;
  const brokers = Math.max(
    costs.replication,
    Math.ceil(brokerBytes / 1e6 / (costs['broker-megabytes'] * costs.load)),
  );
  const diskGigabytes = (brokerBytes * 3_600 * costs['retention-hours']) / 1e9;
  // One core for each Redis, and one for the process that closes windows and evaluates rules.
  const cores = cells * (cell.scorers * costs.cores + cell.aggregators + 2) + brokers * costs['broker-cores'];
  const memory =
    cells *
      ((cell.scorers + cell.aggregators + 1) * costs['worker-gigabytes'] + cell.gigabytes / costs.load) +
    brokers * costs['broker-gigabytes'];
  const anHour =
    cores * costs['core-hour'] +
    memory * costs['gigabyte-hour'] +
    diskGigabytes * costs['disk-gigabyte-hour'];
  return { brokers, brokerBytes, diskGigabytes, cores, memory, anHour };
}

/** What ends at which rate, where nothing but the rate grows; ascending. */
function limitsOf(costs) {
  const worker = (costs.load * costs.cores * 1e6) / costs.score;
  const alone = (isPassed) => lowest((rate) => isPassed(cellOf(rate, costs.brands, costs)));
  const memory = costs['redis-gigabytes'] * costs.load;
  return [
    [worker, `one worker of ${costs.cores} cores`, 'more workers in the group, up to one a partition'],
    [
      PARTITIONS * worker,
      `${PARTITIONS} partitions, the default, with a worker each`,
      '`topics.partitions`, before the topic is used: a post must stay in its partition',
    ],
    [
      (costs.load * 1e6) / costs.aggregate,
      'one aggregator',
      'more of them in the group, up to one a partition',
    ],
    [
      alone(({ redisLoad }) => redisLoad > costs.load),
      'the thread of one Redis that runs commands',
      'a second cell',
    ],
    [
      alone(({ gigabytes }) => gigabytes > memory),
      `the memory of one Redis (${memory.toFixed(0)} GB), most of it posts that are remembered for ${costs['horizon-hours']} h`,
      'a shorter `aggregation.retractionHorizonMs`, then a second cell',
    ],
    [
      alone(({ closerLoad }) => closerLoad > costs.load),
      'the one process that closes windows: brands × partitions',
      'a second cell; fewer, larger workers need fewer partitions',
    ],
  ].sort(([a], [b]) => a - b);
}

/** The least rate at which something is so, to a per cent; what is so only far beyond all sizes is never so. */
function lowest(isPassed) {
  for (let rate = 100; rate < 100 * SIZES.at(-1); rate *= 1.01) if (isPassed(rate)) return rate;
  return Number.POSITIVE_INFINITY;
}

function sizesTable(costs) {
  const limits = limitsOf(costs);
  const plans = SIZES.map((rate) => planOf(rate, costs));
  const per = (figure) => plans.map(figure);
  const rows = [
    [
      'ends first on the way here from the size before',
      ...SIZES.map((rate, i) => {
        const passed = limits.find(([limit]) => limit > (SIZES[i - 1] ?? 0) && limit <= rate);
        return passed === undefined ? 'nothing else' : `${passed[1]} (${rounded(passed[0])} posts/s)`;
      }),
    ],
    [
      'ends first from here on, in each cell',
      ...per(({ uses: [[what, use]] }) => `${what} (${(100 * use).toFixed(0)} % of what it may)`),
    ],
    ['cells, each with a Redis', ...per(({ cells }) => cells)],
    [`workers, role score, ${costs.cores} cores each`, ...per(({ cells, cell }) => cells * cell.scorers)],
    ['workers, role aggregate, a core each', ...per(({ cells, cell }) => cells * cell.aggregators)],
    ['partitions of a topic, all cells together', ...per(({ cells, cell }) => cells * cell.partitions)],
    ['a Redis: memory, GB', ...per(({ cell }) => cell.gigabytes.toFixed(1))],
    ['a Redis: its command thread, % busy', ...per(({ cell }) => (100 * cell.redisLoad).toFixed(0))],
    ['closing windows, % of a core in each cell', ...per(({ cell }) => (100 * cell.closerLoad).toFixed(1))],
    ['brokers', ...per(({ brokers }) => brokers)],
    ['written to all brokers, MB/s', ...per(({ brokerBytes }) => rounded(brokerBytes / 1e6))],
    ['on all their disks, GB', ...per(({ diskGigabytes }) => rounded(diskGigabytes))],
    ['cores in all', ...per(({ cores }) => cores)],
    ['memory in all, GB', ...per(({ memory }) => rounded(memory))],
    ['price of an hour', ...per(({ anHour }) => rounded(anHour))],
    ['price of a million posts', ...per(({ anHour, rate }) => ((anHour * 1e6) / (rate * 3_600)).toFixed(3))],
  ];
  return tableFrom(['', ...SIZES.map((rate) => `${rounded(rate)} posts/s`)], rows);
}

function limitsTable(limits) {
  const rows = limits.map(([rate, what, remedy]) => [
    Number.isFinite(rate) ? rounded(rate) : `beyond ${rounded(100 * SIZES.at(-1))}`,
    what,
    remedy,
  ]);
  return tableFrom(['from posts/s', 'this is not enough', 'what removes it'], rows);
}

function assumptions(costs) {
  const all = names.map((name) => `${name} ${costs[name]}`);
  return `Reckoned with: ${all.join(', ')}.`;
}

function tableFrom(header, rows) {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** To three digits, with commas. */
function rounded(number) {
  return Number(number.toPrecision(3)).toLocaleString('en-US');
}

function between(page, mark, text) {
  const [open, close] = [`<!-- ${mark} -->\n`, `<!-- /${mark} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from === -1 || to < from) throw new Error(`${PAGE} has no marks ${open.trim()} and ${close}`);
  return `${page.slice(0, from)}${open}\n${text}\n\n${page.slice(to)}`;
}
