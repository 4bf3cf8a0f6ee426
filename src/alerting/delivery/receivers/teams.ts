import type { TeamsConfig } from '../../../config/schema.js';
import type { AlertEvent } from '../delivery.js';
import type { Fact } from '../message.js';
import { httpReceiver, type Notice, type Receiver, type ReceiverOptions } from '../receiver.js';

const COLOURS: Readonly<Record<AlertEvent, string>> = {
  firing: 'attention',
  resolved: 'good',
  acknowledged: 'accent',
};

/** Microsoft Teams, through a workflow that posts the Adaptive Card of what a webhook receives. */
export function createTeams(config: TeamsConfig, options: ReceiverOptions): Receiver {
  return httpReceiver(config, options, (notice) => ({
    url: config.url,
    body: JSON.stringify({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: cardOf(notice),
        },
      ],
    }),
  }));
}

/** Of text runs alone: they show what they hold, where other elements would read markup and links in it. */
function cardOf({ event, message: { title, facts, link } }: Notice): object {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    // Said where a card cannot be shown.
    fallbackText: title,
    msteams: { width: 'Full' },
    body: [
      textOf([{ text: title, size: 'medium', weight: 'bolder', color: COLOURS[event] }]),
      ...facts.map(factOf),
    ],
    ...(link !== undefined && {
      actions: [{ type: 'Action.OpenUrl', title: link.text, url: link.url }],
    }),
  };
}

function factOf({ label, value }: Fact): object {
  return { ...textOf([{ text: `${label}  `, weight: 'bolder' }, { text: value }]), spacing: 'small' };
}

function textOf(runs: readonly object[]): object {
  return { type: 'RichTextBlock', inlines: runs.map((run) => ({ type: 'TextRun', ...run })) };
}
