/**
 * The import rules of docs/architecture.md: rooms import contracts, the model, HTTP, the configuration's types and the
 * instruments, with what times Redis, never a sibling; pipelines and cli join them; a client library is imported by its
 * adapter only.
 */
const ROOMS = 'preprocess|scoring|aggregation|alerting|streams|api|training|evaluation|demo|sources|registry';
const SHARED = '^src/(contracts/|model/|http/|config/schema\\.ts$|telemetry/(instruments|redis)\\.ts$)';

/** Files that may import a client library. */
const clients = [
  ['kafkajs', '^src/streams/kafka/'],
  ['ioredis', '^src/(aggregation/stores/redis/|alerting/(stores|schedulers)/|cli/commands/doctor\\.ts$)'],
  ['bullmq', '^src/alerting/schedulers/'],
  ['nodemailer', '^src/alerting/delivery/receivers/email\\.ts$'],
  ['onnxruntime-(node|web|common)', '^src/scoring/engines/'],
  ['@tensorflow', '^src/model/tensorflow\\.ts$'],
  ['fastify|@fastify', '^src/api/'],
  ['ws', '^src/sources/web-socket\\.ts$'],
  ['eventsource-parser', '^src/sources/server-sent-events\\.ts$'],
  ['avsc', '^src/scoring/avro-message\\.ts$'],
  ['protobufjs', '^src/scoring/(protobuf-message\\.ts$|engines/)'],
  ['htmlparser2', '^src/sources/rss/xml-feed\\.ts$'],
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contracts-import-nothing',
      severity: 'error',
      from: { path: '^src/contracts/' },
      to: { path: '^src/', pathNot: '^src/contracts/' },
    },
    {
      name: 'rooms-import-no-sibling',
      severity: 'error',
      from: { path: `^src/(${ROOMS})/` },
      to: { path: '^src/', pathNot: [SHARED, '^src/$1/'] },
    },
    {
      name: 'below-the-rooms',
      severity: 'error',
      from: { path: '^src/(model|config|telemetry|http)/' },
      to: { path: `^src/(${ROOMS}|pipelines|cli|library)/` },
    },
    {
      name: 'above-the-pipelines',
      severity: 'error',
      from: { path: '^src/pipelines/' },
      to: { path: '^src/(cli|library)/' },
    },
    ...clients.map(([library, adapters]) => ({
      name: `only-adapters-import-${library.split('|')[0]}`,
      severity: 'error',
      from: { path: '^src/', pathNot: adapters },
      to: { path: `node_modules/(${library})(/|$)` },
    })),
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
