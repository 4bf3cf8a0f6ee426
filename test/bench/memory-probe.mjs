// Loaded into a worker (`node --import`), and so into each of its threads: writes what the objects of the thread take into
// a file of its own in BENCH_MEMORY_FOLDER, again and again. From outside only the memory of the whole process is seen.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

const EVERY_MILLIS = 1_000;
const file = join(process.env.BENCH_MEMORY_FOLDER, `${threadId}.json`);

setInterval(() => {
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`${file}.part`, JSON.stringify({ heapUsed, external }));
  // Whoever reads it finds all of it.
  renameSync(`${file}.part`, file);
}, EVERY_MILLIS).unref();
