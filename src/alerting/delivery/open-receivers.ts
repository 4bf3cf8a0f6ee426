import type { ReceiverConfig } from '../../config/schema.js';
import type { Receiver, ReceiverOptions } from './receiver.js';
import { createAlertmanager } from './receivers/alertmanager.js';
import { createPagerduty } from './receivers/pagerduty.js';
import { createSlack } from './receivers/slack.js';
import { createTeams } from './receivers/teams.js';
import { createWebhook } from './receivers/webhook.js';

/** The receivers that the configuration names. nodemailer is loaded only where it is used. */
export function openReceivers(
  configs: readonly ReceiverConfig[],
  options: ReceiverOptions,
): Promise<readonly Receiver[]> {
  return Promise.all(configs.map((config) => openReceiver(config, options)));
}

async function openReceiver(config: ReceiverConfig, options: ReceiverOptions): Promise<Receiver> {
  switch (config.kind) {
    case 'webhook':
      return createWebhook(config, options);
    case 'alertmanager':
      return createAlertmanager(config, options);
    case 'pagerduty':
      return createPagerduty(config, options);
    case 'slack':
      return createSlack(config, options);
    case 'teams':
      return createTeams(config, options);
    case 'email': {
      const { createEmail } = await import('./receivers/email.js');
      return createEmail(config);
    }
  }
}
