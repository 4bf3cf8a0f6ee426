import { type Command, Option } from 'commander';
import { loadBrands, loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { latenessOfSources, ONLINE_SOURCES, type OnlineSource } from '../../config/sources.js';
import type { Brand } from '../../contracts/brand.js';
import { sourcesAsked } from '../../pipelines/open-source.js';
import { ROLES } from '../../pipelines/role.js';
import { startSinking } from '../../pipelines/sinking.js';
import { waitUnlessStopped } from '../../pipelines/wait-unless-stopped.js';
import { startWorker } from '../../pipelines/worker.js';
import { version } from '../../version.js';
import { brandOption, brandsWithIds, type NamedBrand } from '../brand-option.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { embedded } from '../embedded.js';
import { LiveTally } from '../live-tally.js';
import { openLiveView } from '../live-view.js';
import { wholeNumber } from '../option-values.js';
import { OPTIONS_OF, refuseOthersOptions, requestOf, type SourceOptions } from '../source-options.js';
import { stopOnSignals } from '../stop-on-signals.js';

interface LiveOptions extends ConfigOption, SourceOptions {
  readonly source: readonly OnlineSource[];
  readonly brand?: readonly NamedBrand[];
  readonly port: number;
}

const EXAMPLES = `
Examples:
  sentiflux live --brand "Skylvara Air=skylvara,@skylvara,#flyskylvara"
  sentiflux live --source mastodon --instance https://mastodon.example --hashtag skylvara
  sentiflux live --source rss hackernews --feed https://blog.example.com/feed.json --brand Skylvara

Posts, windows and alerts live as long as the command. Files are for \`sentiflux score\`, and \`sentiflux ingest\`
fills a topic that stays; docs/sources.md tells what becomes of each source's posts.`;

export function addLiveCommand(program: Command): void {
  const command = program
    .command('live')
    .description(
      'read sources straight into the whole pipeline, with nothing but Node and a network: shows the page and how brands fare',
    )
    .addOption(new Option('--source <names...>', 'what to read').choices(ONLINE_SOURCES).default(['bluesky']))
    .addOption(brandOption())
    .addOption(configOption());
  for (const option of Object.values(OPTIONS_OF).flat()) command.addOption(option);
  command
    .option('--port <n>', 'of the page and the API; 0 for any that is free', wholeNumber, 8080)
    .addHelpText('after', EXAMPLES)
    .action(live);
}

async function live(options: LiveOptions): Promise<void> {
  refuseOthersOptions(options.source, options);
  const config = await liveConfig(options);
  const brands = await brandsOf(options, config);
  const view = openLiveView({
    tally: new LiveTally(brands),
    output: process.stdout,
    logIsOnTerminal: process.stderr.isTTY === true,
  });
  const { logger } = view;
  const signals = stopOnSignals();
  signals.listen();
  const worker = await startWorker({ config, roles: new Set(ROLES), brands, logger });
  try {
    let fail: (error: Error) => void = () => {};
    const failed = new Promise<Error>((resolve) => {
      fail = resolve;
    });
    const terminal = await startSinking({
      sink: { name: 'terminal', outputs: ['scored', 'alerts'], write: async (events) => view.add(events) },
      config,
      streams: worker.streams,
      random: Math.random,
      wait: waitUnlessStopped,
      logger,
      onFailure: fail,
    });
    view.begin(headOf(options, brands, worker.addresses.api ?? ''));
    const ending = await Promise.race([aborted(signals.stop), worker.failed, failed]);
    view.end();
    await terminal.stop();
    if (ending !== undefined) throw ending;
  } finally {
    await worker.stop();
    signals.close();
  }
}

/** The configuration, with what the options name, for a pipeline that lives in this process. */
async function liveConfig(options: LiveOptions): Promise<Config> {
  const config = embedded(await loadConfig(options.config, process.env), options.port);
  const { aggregation } = config;
  const sources = options.source.reduce((asked, kind) => sourcesAsked(asked, requestOf(kind, options)), {
    ...config.sources,
    ingest: [...new Set(options.source)],
  });
  const latenessBySourceMs = { ...latenessOfSources(sources), ...aggregation.latenessBySourceMs };
  return { ...config, sources, aggregation: { ...aggregation, latenessBySourceMs } };
}

async function brandsOf({ brand }: LiveOptions, config: Config): Promise<readonly Brand[]> {
  if (brand !== undefined) return brandsWithIds(brand);
  return config.brands === undefined ? [] : loadBrands(config.brands);
}

function headOf({ source }: LiveOptions, brands: readonly Brand[], api: string): readonly string[] {
  const [first] = brands;
  return [
    `sentiflux ${version}, live: ${source.join(', ')}; Ctrl-C ends it`,
    `page  ${api}/${first === undefined ? '' : `#brand=${first.id}`}`,
  ];
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
