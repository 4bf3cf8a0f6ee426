import type { AlertingConfig, AlertRule } from '../config/schema.js';
import type { Alert } from '../contracts/alert.js';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import type { SilencedSpan } from '../contracts/silence.js';
import { bucketStart, TIER_MILLIS, type Tier } from '../contracts/window.js';
import type { WindowReader } from '../contracts/window-reader.js';
import type { AlertStore, RuleKey, StoredState } from './alert-store.js';
import type { Detector } from './detectors/detector.js';
import { type RuleTest, ruleTestOf } from './detectors/rule-test.js';
import { observe } from './observe.js';
import { isSilenced } from './quiet.js';
import type { RuleState } from './state.js';
import { windowSeries } from './window-series.js';

export interface EvaluatorOptions {
  readonly rules: readonly AlertRule[];
  /** By the name of the rule that they decide for, in place of the surge test. */
  readonly detectors?: ReadonlyMap<string, Detector>;
  /** Brands that a rule without `brands` watches. Asked at every evaluation, since brands may be reloaded. */
  readonly brands: () => readonly BrandId[];
  readonly reader: Pick<WindowReader, 'windows' | 'watermark'>;
  readonly store: AlertStore;
  /** Makes a change known on `sentiment.alerts`; resolves once it is acknowledged. */
  readonly publish: (alert: Alert) => Promise<void>;
  /** Hands a change to the deliveries; resolves once it would outlive this process. The same change may come again. */
  readonly deliver: (alert: Alert) => Promise<void>;
  /** Runs what announces a change, for who measures or traces it. */
  readonly surround?: (alert: Alert, announce: () => Promise<void>) => Promise<void>;
  readonly lookBackMs: AlertingConfig['lookBackMs'];
  /** Beside those that the store knows, which are asked for at every evaluation. */
  readonly silences?: readonly SilencedSpan[];
  /** How long windows are kept: one that is missing from before that time was not necessarily empty. */
  readonly retentionMs: Readonly<Record<Tier, number>>;
}

export interface EvaluationResult {
  /** Windows evaluated, over all rules and brands. */
  readonly windows: number;
  /** Alerts that began to fire or were resolved, as they were announced. */
  readonly changes: readonly Alert[];
  /** The rule of each alert that fires now. */
  readonly firing: readonly string[];
}

interface Target {
  readonly rule: AlertRule;
  readonly test: RuleTest;
  readonly detector: Detector | undefined;
  readonly brand: BrandId;
  readonly isSilenced: (time: EpochMillis) => boolean;
  readonly traceId: string | undefined;
}

export interface Evaluator {
  /**
   * Evaluates every rule for each of its brands on the windows that have closed since the last time.
   * A brand that fails does not keep the others back; the first failure is thrown at the end, and the next
   * evaluation goes on where this one stopped.
   *
   * @param traceId of this evaluation, where it is traced; the alerts that it fires name it
   */
  evaluate(traceId?: string): Promise<EvaluationResult>;
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
  const { reader, store, publish, deliver, surround = (_, announce) => announce() } = options;

  async function announce(key: RuleKey, stored: StoredState): Promise<StoredState | undefined> {
    const { unannounced, ...announced } = stored.state;
    if (unannounced === undefined) return stored;
    const acknowledgement = (await store.get(unannounced.id))?.acknowledgement;
    const alert: Alert = acknowledgement === undefined ? unannounced : { ...unannounced, acknowledgement };
    await surround(alert, async () => {
      await publish(alert);
      await deliver(alert);
    });
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
    target: Target,
    before: StoredState | undefined,
    watermark: EpochMillis,
  ): Promise<EvaluationResult> {
    const { rule, brand } = target;
    const key = { brand, rule: rule.name };
    const changes: Alert[] = [];
    let windows = 0;
    const known = before ?? { state: initialState(options, rule, watermark), revision: 0 };
    let { phase } = known.state;
    // A commit that fails leaves `stored` undefined: another process is at this rule and brand.
    let stored = await announce(key, known);
    // A detector learns nothing from one window to the next.
    if (stored !== undefined && target.detector === undefined && stored.state.profile === undefined) {
      stored = { ...stored, state: await warmedUp(options, target, stored.state, watermark) };
    }
    while (stored !== undefined) {
      phase = stored.state.phase;
      const step = await nextStep(options, target, stored.state, watermark);
      if (step === undefined) break;
      stored = await commit(key, stored.revision, step.state, step.alert);
      if (stored === undefined) break;
      windows += step.windows;
      if (step.event === undefined) continue;
      changes.push(step.event);
      stored = await announce(key, stored);
    }
    return { windows, changes, firing: phase.kind === 'firing' ? [rule.name] : [] };
  }

  return {
    async evaluate(traceId) {
      const watermark = await reader.watermark();
      if (watermark === undefined) return { windows: 0, changes: [], firing: [] };
      const silences = [...(options.silences ?? []), ...(await store.silences(epochMillis(0)))];
      const targets = options.rules.flatMap((rule): readonly Target[] => {
        const brands = rule.brands?.map(brandId) ?? options.brands();
        const test = ruleTestOf(rule, brands.length);
        const detector = options.detectors?.get(rule.name);
        return brands.map((brand) => ({
          rule,
          test,
          detector,
          brand,
          isSilenced: (time) => isSilenced(silences, brand, rule.name, time),
          traceId,
        }));
      });
      const states = await store.states(targets.map(({ rule, brand }) => ({ brand, rule: rule.name })));

      const outcomes: PromiseSettledResult<EvaluationResult>[] = [];
      for (let start = 0; start < targets.length; start += CONCURRENCY) {
        const group = targets.slice(start, start + CONCURRENCY);
        const work = group.map((target, index) => evaluateOne(target, states[start + index], watermark));
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
    firing: results.flatMap(({ firing }) => firing),
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

/**
 * What is usual, for a rule that does not know it: it goes through the windows that are still kept as it would have
 * when they were new, and keeps what it has learned on the way, but announces nothing.
 */
async function warmedUp(
  options: EvaluatorOptions,
  target: Target,
  state: RuleState,
  watermark: EpochMillis,
): Promise<RuleState> {
  const { tier } = target.rule;
  const size = TIER_MILLIS[tier];
  const evaluatedTo = bucketStart(tier, state.evaluatedTo);
  const oldest = bucketStart(tier, epochMillis(watermark - options.retentionMs[tier] + 2 * size));
  const begin: RuleState = {
    evaluatedTo: epochMillis(Math.min(oldest, evaluatedTo)),
    phase: { kind: 'quiet' },
  };
  const learned = await walk(options, target, begin, evaluatedTo, watermark);
  const { knownSince, profile, learnedTo } = learned.state;
  return {
    ...state,
    ...(knownSince !== undefined && { knownSince }),
    ...(profile !== undefined && { profile }),
    ...(learnedTo !== undefined && { learnedTo }),
  };
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
  target: Target,
  before: RuleState,
  watermark: EpochMillis,
): Promise<Step | undefined> {
  const { tier } = target.rule;
  const closed = bucketStart(tier, watermark);
  // The tier may have been another one when the state was written.
  const evaluatedTo = bucketStart(tier, before.evaluatedTo);
  const to = epochMillis(Math.min(closed, evaluatedTo + STEP_WINDOWS * TIER_MILLIS[tier]));
  if (to <= evaluatedTo) return undefined;
  const walked = await walk(options, target, { ...before, evaluatedTo }, to, watermark, true);
  const { event, state } = walked;
  const alert = event ?? (state.phase.kind === 'firing' ? state.phase.alert : undefined);
  return { ...walked, ...(alert !== undefined && { alert }) };
}

/** Window by window from where one stands up to a time, or up to the first change. */
async function walk(
  options: EvaluatorOptions,
  { rule, test, detector, brand, isSilenced, traceId }: Target,
  before: RuleState,
  to: EpochMillis,
  watermark: EpochMillis,
  endsAtChange = false,
): Promise<Omit<Step, 'alert'>> {
  const { tier } = rule;
  const size = test.windowMillis;
  const history = detector?.history ?? test.lagWindows + test.widths;
  const from = epochMillis(before.evaluatedTo - history * size);
  const windows = await options.reader.windows({ brand, tier, from, to });
  const series = windowSeries(size, from, to, windows, rule.deduplicate);
  // One window less than the reader keeps, for what expires while it reads.
  const oldestKept = bucketStart(tier, epochMillis(watermark - options.retentionMs[tier] + 2 * size));
  const knownSince = before.knownSince ?? windows[0]?.start;
  const knownFrom = knownSince === undefined ? undefined : epochMillis(Math.max(knownSince, oldestKept));
  const watched = { brand, tier, test, detector, isSilenced, traceId };

  let state: RuleState = knownSince === undefined ? before : { ...before, knownSince };
  for (let index = history; index < series.slots.length; index += 1) {
    const next = observe(watched, state, series, index, knownFrom);
    state = next.state;
    if (endsAtChange && next.event !== undefined) {
      return { state, windows: index + 1 - history, event: next.event };
    }
  }
  return { state, windows: series.slots.length - history };
}
