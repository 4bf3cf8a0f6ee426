import type { SlackConfig } from '../../../config/schema.js';
import type { AlertEvent } from '../delivery.js';
import type { Fact } from '../message.js';
import { httpReceiver, type Notice, type Receiver, type ReceiverOptions } from '../receiver.js';

const SIGNS: Readonly<Record<AlertEvent, string>> = {
  firing: ':red_circle:',
  resolved: ':large_green_circle:',
  acknowledged: ':eyes:',
};
/** Limits of Slack's blocks. */
const MOST_FIELDS = 10;
const MOST_FIELD_CHARACTERS = 2_000;

/** Slack, through an incoming webhook, as blocks. */
export function createSlack(config: SlackConfig, options: ReceiverOptions): Receiver {
  return httpReceiver(config, options, (notice) => ({
    url: config.url,
    body: JSON.stringify(messageOf(notice)),
  }));
}

function messageOf({ event, message: { title, facts, link } }: Notice): object {
  const heading = `${SIGNS[event]} *${escaped(title)}*`;
  const sections = Array.from({ length: Math.ceil(facts.length / MOST_FIELDS) }, (_, i) => ({
    type: 'section',
    fields: facts.slice(i * MOST_FIELDS, (i + 1) * MOST_FIELDS).map(fieldOf),
  }));
  return {
    // For notifications, which show no blocks.
    text: `${SIGNS[event]} ${escaped(title)}`,
    unfurl_links: false,
    blocks: [
      { type: 'section', text: markup(heading) },
      ...sections,
      ...(link === undefined
        ? []
        : [{ type: 'section', text: markup(`<${escaped(link.url)}|${escaped(link.text)}>`) }]),
    ],
  };
}

function fieldOf({ label, value }: Fact): object {
  return markup(`*${escaped(label)}*\n${escaped(value)}`.slice(0, MOST_FIELD_CHARACTERS));
}

/** `verbatim`: what looks like an address or a channel in it becomes no link. */
function markup(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** The three characters by which a text could mention people or link anywhere. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
