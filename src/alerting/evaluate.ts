import type { AlertingConfig, AlertRule } from '../config/schema.js';
import type { Alert } from '../contracts/alert.js';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { bucketStart, TIER_MILLIS, type Tier } from '../contracts/window.js';
import type { WindowReader } from '../contracts/window-reader.js';
import { alertsChanged } from '../telemetry/instruments.js';
import type { AlertStore, RuleKey, StoredState } from './alert-store.js';
import type { Evaluation } from './detectors/detector.js';
import { detectSpike, measureSpike } from './detectors/spike.js';
import { advance, type RuleState } from './state.js';
import { slotStart, type WindowSeries, windowSeries } from './window-series.js';

export interface EvaluatorOptions {
  readonly rules: readonly AlertRule[];
  /** Brands that a rule without `brands` watches. Asked at every evaluation, since brands may be reloaded. */
  readonly brands: () => readonly BrandId[];
  readonly reader: Pick<WindowReader, 'windows' | 'watermark'>;
  readonly store: AlertStore;
  /** Makes a change known on `sentiment.alerts`; resolves once it is acknowledged. */
  readonly publish: (alert: Alert) => Promise<void>;
  /** Hands a change to the deliveries; resolves once it would outlive this process. The same change may come again. */
  readonly deliver: (alert: Alert) => Promise<void>;
  readonly lookBackMs: AlertingConfig['lookBackMs'];
  /** How long windows are kept: one that is missing from before that time was not necessarily empty. */
  readonly retentionMs: Readonly<Record<Tier, number>>;
}

export interface EvaluationResult {
  /** Windows evaluated, over all rules and brands. */
  readonly windows: number;
  /** Alerts that began to fire or were resolved, as they were announced. */
  readonly changes: readonly Alert[];
}

export interface Evaluator {
  /**
   * Evaluates every rule for each of its brands on the windows that have closed since the last time.
   * A brand that fails does not keep the others back; the first failure is thrown at the end, and the next
   * evaluation goes on where this one stopped.
   */
  evaluate(): Promise<EvaluationResult>;
}

/** Rules and brands that are evaluated beside each other. */
const CONCURRENCY = 16;
/** Most windows between two commits: bounds what a long stop makes one step read and compute. */
const STEP_WINDOWS = 128;

/**
 * Alerts depend on event time alone: closed windows are evaluated one by one in order of their end, from where
 * the stored state stands up to the watermark, whenever and by whichever process this is called. Only
 * revisions of a window that come after its evaluation could have told otherwise.
 *
 * A change is stored first, together with the note that it is still to be announced; then it is published and
 * handed to the deliveries, and the note is removed. A process that dies in between leaves the note to the next
 * evaluation. So a change is announced at least once, and none that another process overtook.
 */
export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { reader, store, publish, deliver } = options;

  async function announce(key: RuleKey, stored: StoredState): Promise<StoredState | undefined> {
    const { unannounced, ...announced } = stored.state;
    if (unannounced === undefined) return stored;
    const acknowledgement = (await store.get(unannounced.id))?.acknowledgement;
    const alert: Alert = acknowledgement === undefined ? unannounced : { ...unannounced, acknowledgement };
    await publish(alert);
    await deliver(alert);
    return commit(key, stored.revision, announced);
  }

  async function commit(
    key: RuleKey,
    expected: number,
    state: RuleState,
    alert?: Alert,
  ): Promise<StoredState | undefined> {
    const done = await store.commit({ key, expected, state, ...(alert !== undefined && { alert }) });
    return done ? { state, revision: expected + 1 } : undefined;
  }

  async function evaluateOne(
    rule: AlertRule,
    brand: BrandId,
    before: StoredState | undefined,
    watermark: EpochMillis,
  ): Promise<EvaluationResult> {
    const key = { brand, rule: rule.name };
    const changes: Alert[] = [];
    let windows = 0;
    // A commit that fails leaves `stored` undefined: another process is at this rule and brand.
    let stored: StoredState | undefined = before ?? {
      state: initialState(options, rule, watermark),
      revision: 0,
    };
    stored = await announce(key, stored);
    while (stored !== undefined) {
      const step = await nextStep(options, rule, brand, stored.state, watermark);
      if (step === undefined) break;
      stored = await commit(key, stored.revision, step.state, step.alert);
      if (stored === undefined) break;
      windows += step.windows;
      if (step.event === undefined) continue;
      changes.push(step.event);
      alertsChanged.add(1, { 'sentiflux.alert.state': step.event.state });
      stored = await announce(key, stored);
    }
    return { windows, changes };
  }

  return {
    async evaluate() {
      const watermark = await reader.watermark();
      if (watermark === undefined) return { windows: 0, changes: [] };
      const targets = options.rules.flatMap((rule) =>
        (rule.brands?.map(brandId) ?? options.brands()).map((brand) => ({ rule, brand })),
      );
      const states = await store.states(targets.map(({ rule, brand }) => ({ brand, rule: rule.name })));

      const outcomes: PromiseSettledResult<EvaluationResult>[] = [];
      for (let start = 0; start < targets.length; start += CONCURRENCY) {
        const group = targets.slice(start, start + CONCURRENCY);
        const work = group.map(({ rule, brand }, index) =>
          evaluateOne(rule, brand, states[start + index], watermark),
        );
        outcomes.push(...(await Promise.allSettled(work)));
      }
      return combine(outcomes);
    },
  };
}

function combine(outcomes: readonly PromiseSettledResult<EvaluationResult>[]): EvaluationResult {
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  return {
    windows: results.reduce((sum, { windows }) => sum + windows, 0),
    changes: results.flatMap(({ changes }) => changes),
  };
}

/** Where a rule begins that has never run for a brand. */
function initialState(
  { lookBackMs, retentionMs }: EvaluatorOptions,
  { tier }: AlertRule,
  watermark: EpochMillis,
): RuleState {
  const from = epochMillis(watermark - Math.min(lookBackMs, retentionMs[tier]));
  return { evaluatedTo: bucketStart(tier, from), phase: { kind: 'quiet' } };
}

interface Step {
  readonly state: RuleState;
  readonly windows: number;
  /** The alert as it stands after the step, where there is one. */
  readonly alert?: Alert;
  readonly event?: Alert;
}

/** Evaluates on up to the next change, the watermark or `STEP_WINDOWS`; `undefined` where nothing has closed. */
async function nextStep(
  options: EvaluatorOptions,
  rule: AlertRule,
  brand: BrandId,
  before: RuleState,
  watermark: EpochMillis,
): Promise<Step | undefined> {
  const { tier } = rule;
  const size = TIER_MILLIS[tier];
  const closed = bucketStart(tier, watermark);
  // The tier may have been another one when the state was written.
  const evaluatedTo = bucketStart(tier, before.evaluatedTo);
  const to = epochMillis(Math.min(closed, evaluatedTo + STEP_WINDOWS * size));
  if (to <= evaluatedTo) return undefined;

  const history = rule.baselineWindows + rule.lagWindows;
  const from = epochMillis(evaluatedTo - history * size);
  const windows = await options.reader.windows({ brand, tier, from, to });
  const series = windowSeries(tier, from, to, windows);
  // One window less than the reader keeps, for what expires while it reads.
  const oldestKept = bucketStart(tier, epochMillis(watermark - options.retentionMs[tier] + 2 * size));
  const knownSince = before.knownSince ?? windows[0]?.start;
  const baselineSince = knownSince === undefined ? undefined : epochMillis(Math.max(knownSince, oldestKept));

  let state: RuleState = knownSince === undefined ? before : { ...before, knownSince };
  for (let index = history; index < series.slots.length; index += 1) {
    const evaluation = evaluationOf(series, index, rule, state, oldestKept, baselineSince);
    const next = advance(rule, brand, state, evaluation);
    state = next.state;
    if (next.event !== undefined) {
      return { state, windows: index + 1 - history, alert: next.event, event: next.event };
    }
  }
  const alert = state.phase.kind === 'firing' ? { alert: state.phase.alert } : {};
  return { state, windows: series.slots.length - history, ...alert };
}

function evaluationOf(
  series: WindowSeries,
  index: number,
  rule: AlertRule,
  { phase }: RuleState,
  oldestKept: EpochMillis,
  baselineSince: EpochMillis | undefined,
): Evaluation {
  if (slotStart(series, index + 1 - rule.surgeWindows) < oldestKept) {
    return { kind: 'held', end: slotStart(series, index + 1), reason: 'incomplete' };
  }
  return phase.kind === 'firing' && phase.alert.window.tier === series.tier
    ? measureSpike(series, index, phase.baseline)
    : detectSpike(series, index, rule, baselineSince);
}
