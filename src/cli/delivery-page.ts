import { type AlertMessage, alertMessage, type MessageOptions } from '../alerting/delivery/message.js';
import type { DeliveryRecord } from '../alerting/schedulers/delivery-book.js';
import { aligned, printable, shown } from './table.js';

const ANSWER_CHARACTERS = 60;

/** Deliveries as a table with a line each. */
export function deliveryTable(records: readonly DeliveryRecord[]): string {
  const titles = ['handed over', 'receiver', 'event', 'brand', 'rule', 'attempts', 'answer', 'delivery'];
  const rows = records.map(({ id, receiver, delivery, attempts, answer, handedOverAt }) => [
    new Date(handedOverAt).toISOString(),
    shown(receiver),
    shown(delivery?.event),
    shown(delivery?.alert.brand),
    shown(delivery?.alert.rule),
    String(attempts),
    shown(answer, ANSWER_CHARACTERS),
    shown(id),
  ]);
  return aligned([titles, ...rows]);
}

/** One line of JSON for a delivery. */
export function deliveryLine({ handedOverAt, endedAt, ...record }: DeliveryRecord): string {
  return JSON.stringify({
    ...record,
    handedOverAt: new Date(handedOverAt).toISOString(),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
  });
}

/** One delivery: what became of it, and what the receiver is told. */
export function deliveryPage(record: DeliveryRecord, options: MessageOptions): string {
  const { delivery, endedAt } = record;
  const head = aligned([
    ['delivery', shown(record.id)],
    ['receiver', shown(record.receiver)],
    ['state', record.state],
    ['attempts', String(record.attempts)],
    ['answer', shown(record.answer)],
    ['handed over', new Date(record.handedOverAt).toISOString()],
    ['ended', endedAt === undefined ? '-' : new Date(endedAt).toISOString()],
    ['idempotency key', shown(delivery?.idempotencyKey)],
  ]);
  if (delivery === undefined) return `${head}\nthe job holds no delivery`;
  return `${head}\n\n${toldPage(alertMessage(delivery.alert, delivery.event, options))}`;
}

function toldPage({ title, facts, link }: AlertMessage): string {
  return [
    printable(title),
    ...facts.map(({ label, value }) => `  ${printable(label)}: ${printable(value)}`),
    ...(link === undefined ? [] : [`  ${link.url}`]),
  ].join('\n');
}
