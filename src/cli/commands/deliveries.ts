import { type Command, Option } from 'commander';
import { openDeliveryBook } from '../../alerting/open.js';
import {
  DELIVERY_STATES,
  type DeliveryBook,
  type DeliveryFilter,
  type DeliveryState,
} from '../../alerting/schedulers/delivery-book.js';
import { loadBrands, loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { SentifluxError } from '../../contracts/errors.js';
import { silentLogger } from '../../contracts/logger.js';
import { messageOptions } from '../../pipelines/alerting.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { deliveryLine, deliveryPage, deliveryTable } from '../delivery-page.js';
import { note } from '../note.js';
import { wholeNumber } from '../option-values.js';

interface FilterOptions extends ConfigOption, DeliveryFilter {
  readonly limit: number;
}

interface ListOptions extends FilterOptions {
  readonly state: DeliveryState;
  readonly json?: boolean;
}

interface ResendOptions extends FilterOptions {
  readonly dryRun?: boolean;
}

const MOST = 100;

export function addDeliveriesCommand(program: Command): void {
  const deliveries = program
    .command('deliveries')
    .description('list the deliveries of alerts, show one, and have dead ones made again');

  withFilters(deliveries.command('list'))
    .description('a table of the dead deliveries, or of others, the oldest first')
    .addOption(
      new Option(
        '--state <state>',
        'dead: refused or out of attempts; waiting: an attempt is to come; delivered: within the last day',
      )
        .choices(DELIVERY_STATES)
        .default('dead'),
    )
    .option('--json', 'a line of JSON each')
    .action(list);

  deliveries
    .command('show')
    .description('one delivery: what became of it, and what the receiver is told')
    .argument('<delivery>', 'as list gives it')
    .addOption(configOption())
    .action(show);

  withFilters(deliveries.command('resend'))
    .description('have the alert role make dead deliveries again, with the idempotency keys that they had')
    .argument('[delivery...]', 'as list gives them; all that the filters leave by default')
    .option('--dry-run', 'only say which')
    .action(resend);
}

function withFilters(command: Command): Command {
  return command
    .addOption(configOption())
    .option('--receiver <name>', 'of this receiver only')
    .option('--alert <id>', 'of this alert only')
    .option('--limit <n>', 'at most so many', wholeNumber, MOST);
}

async function list({ state, json = false, limit, ...options }: ListOptions): Promise<void> {
  await withBook(options, async (book, config) => {
    const records = await book.list(state, options);
    const listed = records.slice(0, limit);
    if (listed.length === 0) return note(`no delivery is ${state}${amongWhich(options, config)}`);
    if (json) for (const record of listed) process.stdout.write(`${deliveryLine(record)}\n`);
    else process.stdout.write(`${deliveryTable(listed)}\n`);
    if (listed.length < records.length)
      note(`${listed.length} of ${counted(records.length)} shown: a greater --limit shows more`);
  });
}

async function show(id: string, options: ConfigOption): Promise<void> {
  await withBook(options, async (book, config) => {
    const record = await book.get(id);
    if (record === undefined) throw unknownDelivery(id);
    const brands = config.brands === undefined ? [] : await loadBrands(config.brands);
    process.stdout.write(
      `${deliveryPage(
        record,
        messageOptions(config.alerting, () => brands),
      )}\n`,
    );
  });
}

async function resend(
  ids: readonly string[],
  { limit, dryRun = false, ...options }: ResendOptions,
): Promise<void> {
  await withBook(options, async (book, config) => {
    const dead = await book.list('dead', options);
    const unknown = ids.find((id) => dead.every((record) => record.id !== id));
    if (unknown !== undefined) throw unknownDelivery(unknown);
    const chosen = dead.filter(({ id }) => ids.length === 0 || ids.includes(id));
    // What nobody is configured to receive would be refused again.
    const known = new Set(config.alerting.receivers.map(({ name }) => name));
    const possible = chosen.filter(({ receiver, delivery }) => known.has(receiver) && delivery !== undefined);
    if (possible.length < chosen.length)
      note(`${chosen.length - possible.length} left out: no receiver of that name is configured`);
    const selected = possible.slice(0, limit);
    if (dryRun) {
      process.stdout.write(`would have ${counted(selected.length)} made again\n`);
      return;
    }
    let sent = 0;
    for (const record of selected) if (await book.resend(record)) sent += 1;
    process.stdout.write(`${counted(sent)} handed to the alert role again\n`);
  });
}

async function withBook(
  { config: file }: ConfigOption,
  use: (book: DeliveryBook, config: Config) => Promise<void>,
): Promise<void> {
  const config = await loadConfig(file, process.env);
  const { alerting, redis, aggregation } = config;
  const book = await openDeliveryBook({
    alerting,
    redis,
    namespace: aggregation.namespace,
    logger: silentLogger,
  });
  if (book === undefined) {
    throw new SentifluxError('SF_USAGE', 'alerting.scheduler is memory: it keeps no deliveries.', {
      hint: 'With alerting.scheduler: bullmq they are kept in Redis; the log names each that is given up.',
    });
  }
  try {
    await use(book, config);
  } finally {
    await book.close();
  }
}

function amongWhich({ receiver }: DeliveryFilter, { alerting }: Config): string {
  const isKnown = alerting.receivers.some(({ name }) => name === receiver);
  return receiver === undefined || isKnown ? '' : `; no receiver is named "${receiver}"`;
}

function unknownDelivery(id: string): SentifluxError {
  return new SentifluxError('SF_USAGE', `there is no delivery "${id}" here.`, {
    hint: 'sentiflux deliveries list shows those that are dead.',
  });
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'delivery' : 'deliveries'}`;
}
