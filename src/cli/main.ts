#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addAggregateCommand } from './commands/aggregate.js';
import { addAlertsCommand } from './commands/alerts.js';
import { addBacktestCommand } from './commands/backtest.js';
import { addConfigCommand } from './commands/config.js';
import { addDeadLettersCommand } from './commands/dead-letters.js';
import { addDeliveriesCommand } from './commands/deliveries.js';
import { addDemoCommand } from './commands/demo.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addForgetCommand } from './commands/forget.js';
import { addIngestCommand } from './commands/ingest.js';
import { addLiveCommand } from './commands/live.js';
import { addModelCommand } from './commands/model.js';
import { addProduceCommand } from './commands/produce.js';
import { addReplayCommand } from './commands/replay.js';
import { addRunCommand } from './commands/run.js';
import { addScoreCommand } from './commands/score.js';
import { addTokenCommand } from './commands/token.js';
import { addTopicsCommand } from './commands/topics.js';
import { addTrainCommand } from './commands/train.js';
import { EXIT, leave, reportError } from './exit.js';

const program = new Command('sentiflux')
  .description(
    'Streaming sentiment: posts in on Kafka, LSTM scores out, windows in Redis, alerts when negative posts surge.',
  )
  .version(version)
  .showHelpAfterError('(--help shows the options)')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();

for (const add of [
  addRunCommand,
  addDemoCommand,
  addLiveCommand,
  addScoreCommand,
  addEvaluateCommand,
  addTrainCommand,
  addModelCommand,
  addTopicsCommand,
  addConfigCommand,
  addTokenCommand,
  addProduceCommand,
  addIngestCommand,
  addDeadLettersCommand,
  addForgetCommand,
  addReplayCommand,
  addAggregateCommand,
  addAlertsCommand,
  addDeliveriesCommand,
  addBacktestCommand,
  addDoctorCommand,
]) {
  add(program);
}

// TensorFlow would tell of its instruction sets on every start. Read by its native code, so set before that is loaded.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

// A reader that went away (`sentiflux score … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

// Node would print all that hangs on to an error, such as the command of ioredis that holds the password.
process.on('uncaughtException', (error) => {
  process.exit(reportError(error));
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = reportError(error);
}
await leave();
