import { type Alert, alertKey } from '../../contracts/alert.js';
import type { Silence } from '../../contracts/silence.js';
import {
  ALERT_RETENTION_MILLIS,
  type AlertStore,
  ENDED_SILENCE_MILLIS,
  type StoredState,
} from '../alert-store.js';

/** States and alerts of this process; gone when it ends. */
export function createMemoryAlertStore(): AlertStore {
  const states = new Map<string, StoredState>();
  /** In the order in which they fired first. */
  const alerts = new Map<string, Alert>();
  const silences = new Map<string, Silence>();
  let knowsPast = false;

  function put(alert: Alert): void {
    const acknowledgement = alerts.get(alert.id)?.acknowledgement;
    alerts.set(alert.id, acknowledgement === undefined ? alert : { ...alert, acknowledgement });
    for (const [id, { firedAt }] of alerts) {
      if (firedAt < alert.firedAt - ALERT_RETENTION_MILLIS) alerts.delete(id);
    }
  }

  function addSilence(silence: Silence): void {
    if (!silences.has(silence.id)) silences.set(silence.id, silence);
    for (const [id, { to }] of silences) {
      if (to < silence.createdAt - ENDED_SILENCE_MILLIS) silences.delete(id);
    }
  }

  return {
    async states(keys) {
      return keys.map((key) => states.get(alertKey(key)));
    },

    async commit({ key, expected, state, alert }) {
      const stored = states.get(alertKey(key));
      if ((stored?.revision ?? 0) !== expected) return false;
      states.set(alertKey(key), { state, revision: expected + 1 });
      if (alert !== undefined) put(alert);
      return true;
    },

    async list({ brand, state, from = -Infinity, to = Infinity, limit }) {
      return [...alerts.values()]
        .filter(({ firedAt }) => from <= firedAt && firedAt < to)
        .filter((alert) => brand === undefined || alert.brand === brand)
        .filter((alert) => state === undefined || alert.state === state)
        .sort(newestFirst)
        .slice(0, limit);
    },

    async get(id) {
      return alerts.get(id);
    },

    async acknowledge(id, by, at) {
      const alert = alerts.get(id);
      if (alert === undefined || alert.acknowledgement !== undefined) return alert;
      const acknowledged: Alert = { ...alert, acknowledgement: { by, at } };
      alerts.set(id, acknowledged);
      return acknowledged;
    },

    async silences(after) {
      return [...silences.values()].filter(({ to }) => to > after).sort(firstToEnd);
    },

    addSilence: async (silence) => addSilence(silence),

    async endSilence(id, at) {
      const silence = silences.get(id);
      if (silence === undefined || silence.to <= at) return silence;
      const ended: Silence = { ...silence, to: at };
      silences.set(id, ended);
      return ended;
    },

    knowsPast: async () => knowsPast,

    async restore(past) {
      for (const alert of past.alerts) if (!alerts.has(alert.id)) alerts.set(alert.id, alert);
      for (const { key, state } of past.states) {
        const stored = states.get(alertKey(key));
        states.set(alertKey(key), { state, revision: (stored?.revision ?? 0) + 1 });
      }
      for (const silence of past.silences) addSilence(silence);
      knowsPast = true;
    },

    async close() {},
  };
}

/** The id decides between alerts of the same time, so that every adapter gives the same order. */
function newestFirst(a: Alert, b: Alert): number {
  return b.firedAt - a.firedAt || (a.id < b.id ? 1 : -1);
}

function firstToEnd(a: Silence, b: Silence): number {
  return a.to - b.to || (a.id < b.id ? -1 : 1);
}
