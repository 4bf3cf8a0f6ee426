import type { Command } from 'commander';
import type { DeliveryOutcome } from '../../alerting/delivery/delivery.js';
import { openReceivers } from '../../alerting/delivery/open-receivers.js';
import { tryReceiver } from '../../alerting/delivery/try-receiver.js';
import { loadBrands, loadConfig } from '../../config/load.js';
import { systemClock } from '../../contracts/clock.js';
import { SentifluxError } from '../../contracts/errors.js';
import { ALL_BRANDS } from '../../contracts/ids.js';
import { messageOptions } from '../../pipelines/alerting.js';
import { type ConfigOption, configOption } from '../config-option.js';
import { EXIT } from '../exit.js';
import { note } from '../note.js';
import { printable } from '../table.js';

interface TestOptions extends ConfigOption {
  readonly receiver?: string;
}

export function addAlertsCommand(program: Command): void {
  const alerts = program.command('alerts').description('try out the receivers of alerts');

  alerts
    .command('test')
    .description(
      'tell the receivers of a test alert that fires and is resolved, marked as a test, and print what each answered; exit status 1 where one did not take it',
    )
    .addOption(configOption())
    .option('--receiver <name>', 'only this one')
    .action(test);
}

async function test({ config: file, receiver: only }: TestOptions): Promise<void> {
  const config = await loadConfig(file, process.env);
  const brands = config.brands === undefined ? [] : await loadBrands(config.brands);
  const chosen = config.alerting.receivers.filter(({ name }) => only === undefined || name === only);
  if (only !== undefined && chosen.length === 0) throw unknownReceiver(only, config.alerting.receivers);
  if (chosen.length === 0) note('no receivers are configured: see alerting.receivers');
  const message = messageOptions(config.alerting, () => brands);
  for (const receiver of await openReceivers(chosen, { clock: systemClock })) {
    const brand = brands[0]?.id ?? ALL_BRANDS;
    for (const { event, outcome } of await tryReceiver(receiver, brand, systemClock.now(), message)) {
      process.stdout.write(`${receiver.name} (${receiver.kind}) ${event}: ${answerOf(outcome)}\n`);
      if (outcome.kind !== 'delivered') process.exitCode = EXIT.failed;
    }
  }
}

function answerOf(outcome: DeliveryOutcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return `delivered: ${printable(outcome.answer)}`;
    case 'superseded':
      return 'not sent';
    case 'refused':
      return `refused: ${printable(outcome.reason)}`;
    case 'retry':
      return `failed, would be tried again: ${printable(outcome.reason)}`;
  }
}

function unknownReceiver(name: string, receivers: readonly { readonly name: string }[]): SentifluxError {
  const names = receivers.map((receiver) => receiver.name).join(', ');
  return new SentifluxError('SF_USAGE', `no receiver is named "${name}".`, {
    hint: names === '' ? 'None is configured.' : `Configured are ${names}.`,
  });
}
