import type { Command } from 'commander';

type AddCommand = (program: Command) => void;

/** The commands by name, in the order of the help. */
export const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['run', async () => (await import('./commands/run.js')).addRunCommand],
  ['demo', async () => (await import('./commands/demo.js')).addDemoCommand],
  ['live', async () => (await import('./commands/live.js')).addLiveCommand],
  ['score', async () => (await import('./commands/score.js')).addScoreCommand],
  ['evaluate', async () => (await import('./commands/evaluate.js')).addEvaluateCommand],
  ['train', async () => (await import('./commands/train.js')).addTrainCommand],
  ['model', async () => (await import('./commands/model.js')).addModelCommand],
  ['topics', async () => (await import('./commands/topics.js')).addTopicsCommand],
  ['config', async () => (await import('./commands/config.js')).addConfigCommand],
  ['token', async () => (await import('./commands/token.js')).addTokenCommand],
  ['produce', async () => (await import('./commands/produce.js')).addProduceCommand],
  ['ingest', async () => (await import('./commands/ingest.js')).addIngestCommand],
  ['dead-letters', async () => (await import('./commands/dead-letters.js')).addDeadLettersCommand],
  ['forget', async () => (await import('./commands/forget.js')).addForgetCommand],
  ['replay', async () => (await import('./commands/replay.js')).addReplayCommand],
  ['aggregate', async () => (await import('./commands/aggregate.js')).addAggregateCommand],
  ['alerts', async () => (await import('./commands/alerts.js')).addAlertsCommand],
  ['deliveries', async () => (await import('./commands/deliveries.js')).addDeliveriesCommand],
  ['backtest', async () => (await import('./commands/backtest.js')).addBacktestCommand],
  ['doctor', async () => (await import('./commands/doctor.js')).addDoctorCommand],
]);

/**
 * Adds the command that was asked for, or all where none of them was, as for the help. To load all of them takes
 * most of a second.
 *
 * @param asked the first argument of the command line
 */
export async function addCommands(program: Command, asked: string | undefined): Promise<void> {
  const one = asked === undefined ? undefined : COMMANDS.get(asked);
  for (const load of one === undefined ? COMMANDS.values() : [one]) (await load())(program);
}
