import { deliveriesOf } from '../alerting/delivery/delivery.js';
import { tryRule } from '../alerting/rule-trial.js';
import type { Jobs } from '../alerting/schedulers/port.js';
import { createApiServer } from '../api/server.js';
import type { Config } from '../config/schema.js';
import type { AlertBook } from '../contracts/alert-book.js';
import type { BrandBook } from '../contracts/brand-book.js';
import { type Clock, systemClock } from '../contracts/clock.js';
import { messageOf } from '../contracts/errors.js';
import type { LiveFeed } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { SilenceBook } from '../contracts/silence-book.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import type { WindowNamespaces, WindowReader } from '../contracts/window-reader.js';
import type { Streams } from '../streams/port.js';
import { alertRecord, silenceRecord } from './alerting.js';
import { listen } from './listen.js';
import type { Readiness, Role } from './role.js';

export interface ServingOptions {
  readonly config: Pick<Config, 'api' | 'topics' | 'aggregation' | 'alerting'>;
  readonly streams: Streams;
  /** Asked anew for every request: they may be replaced. */
  readonly brands: Pick<BrandBook, 'current'>;
  readonly windows: WindowReader & WindowNamespaces;
  readonly alerts: AlertBook & SilenceBook;
  /** Takes over what receivers are told of acknowledgements; without it they are not told. */
  readonly jobs?: Pick<Jobs, 'enqueue'>;
  readonly feed: LiveFeed;
  readonly scorer: TextScorer;
  readonly readiness: () => Promise<readonly Readiness[]>;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ServingRole extends Role {
  /** Where the page and the routes are, e.g. `http://127.0.0.1:8080`. */
  readonly address: string;
}

/** The role `api`: routes, live feed and page. */
export async function startServing({
  config,
  streams,
  jobs,
  ...parts
}: ServingOptions): Promise<ServingRole> {
  const producer = await streams.producer();
  const alerts: AlertBook & SilenceBook = {
    ...parts.alerts,
    // Who has seen an alert belongs on its topic too, for everybody who reads it there.
    async acknowledge(id, by, at) {
      const alert = await parts.alerts.acknowledge(id, by, at);
      if (alert === undefined) return undefined;
      await producer.send([alertRecord(alert, config.topics.alerts)]);
      await jobs?.enqueue(deliveriesOf(alert, 'acknowledged', config.alerting.receivers));
      return alert;
    },
    // So do silences: they must outlive the store.
    async addSilence(silence) {
      await parts.alerts.addSilence(silence);
      await producer.send([silenceRecord(silence, config.topics.alerts)]);
    },
    async endSilence(id, at) {
      const silence = await parts.alerts.endSilence(id, at);
      if (silence !== undefined) await producer.send([silenceRecord(silence, config.topics.alerts)]);
      return silence;
    },
  };
  const { windows } = parts;
  const namespaces: WindowNamespaces = {
    namespace: async (name) => (name === config.aggregation.namespace ? windows : windows.namespace(name)),
  };
  const server = await createApiServer({
    ...parts,
    config: config.api,
    rules: config.alerting.rules,
    tryRule: (asked) => tryRule(asked, windows, config.aggregation),
    alerts,
    silences: alerts,
    namespaces,
    wallClock: systemClock,
  });
  const address = await listen(server, config.api, 'api');
  return {
    name: 'api',
    address,
    async readiness() {
      try {
        await parts.windows.watermark();
        return { name: 'api', ready: true, detail: address };
      } catch (error) {
        return { name: 'api', ready: false, detail: messageOf(error) };
      }
    },
    async stop() {
      await server.close();
      await producer.close();
    },
  };
}
