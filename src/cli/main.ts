#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addCommands } from './commands.js';
import { EXIT, leave, reportError } from './exit.js';

const program = new Command('sentiflux')
  .description(
    'Streaming sentiment: posts in on Kafka, LSTM scores out, windows in Redis, alerts when negative posts surge.',
  )
  .version(version)
  .showHelpAfterError('(--help shows the options)')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();

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
  await addCommands(program, process.argv[2]);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else process.exitCode = reportError(error);
}
await leave();
