// What a worker says on stderr of how far it is.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

export interface WorkerLog {
  /** When it was ready: the model loaded, the threads warm, the ops port open; epoch milliseconds. */
  runningAt?: number;
  /** Where its ops port is, then. */
  ops?: string;
  /** When partitions of posts were last assigned to it, and which. */
  assignedAt?: number;
  partitions: readonly number[];
}

const lineSchema = z.object({
  time: z.iso.datetime().transform(Date.parse),
  msg: z.string(),
  ops: z.string().optional(),
  topic: z.string().optional(),
  partitions: z.array(z.number()).optional(),
});

/** Follows the log of a worker, which changes as lines come. */
export function followLog(child: Pick<ChildProcess, 'stderr'>, postsTopic: string): WorkerLog {
  const log: WorkerLog = { partitions: [] };
  if (child.stderr === null) return log;
  createInterface({ input: child.stderr }).on('line', (line) => take(log, line, postsTopic));
  return log;
}

function take(log: WorkerLog, line: string, postsTopic: string): void {
  const parsed = lineSchema.safeParse(jsonOf(line));
  // Node and libraries write lines of their own.
  if (!parsed.success) return;
  const { time, msg, ops, topic, partitions } = parsed.data;
  if (msg === 'sentiflux is running') {
    log.runningAt = time;
    if (ops !== undefined) log.ops = ops;
  }
  if (msg === 'partitions assigned' && topic === postsTopic) {
    log.assignedAt = time;
    log.partitions = partitions ?? [];
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
