import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const STARTS_WITHIN_MILLIS = 90_000;

export interface BrokerOptions {
  /** For its log. */
  readonly folder: string;
  /** Arguments of java: the class path, and what the broker is to be told. */
  readonly java: readonly string[];
  /** File of its settings, whose data folder is formatted. */
  readonly properties: string;
  /** One of its listeners. */
  readonly address: string;
}

/** Starts a broker of a test's own; resolves when it answers. */
export async function startBroker(options: BrokerOptions): Promise<{ end(): Promise<void> }> {
  const { folder, java, properties, address } = options;
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const broker = spawn('java', [...java, 'kafka.Kafka', properties], { stdio: ['ignore', log, log] });
  try {
    await untilStarted(broker, logFile, address);
  } catch (error) {
    await end(broker);
    throw error;
  }
  return { end: () => end(broker) };
}

async function untilStarted(broker: ChildProcess, log: string, address: string): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MILLIS;
  while (!(await listens(address)) || !readFileSync(log, 'utf8').includes('Kafka Server started')) {
    if (broker.exitCode !== null || performance.now() > deadline)
      throw new Error(`Kafka did not start: ${readFileSync(log, 'utf8').slice(-2_000)}`);
    await wait(200);
  }
}

async function listens(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
