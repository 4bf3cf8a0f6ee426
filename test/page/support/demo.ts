import { once } from 'node:events';
import { start } from '../../support/cli.js';

/** The demo's worker, as `make demo` starts it. */
export interface Demo {
  readonly address: URL;
  /** Lets the posts come: until then its time stands still. */
  begin(): void;
  stop(): Promise<void>;
}

/** @param seconds how long its two days take */
export async function startDemo(seconds: number): Promise<Demo> {
  const child = start(['demo', '--port', '0', '--seconds', String(seconds), '--wait']);
  const { stdout } = child;
  if (stdout === null) throw new Error('the demo has no output');
  let printed = '';
  child.stderr?.resume();
  const address = await new Promise<URL>((resolve, reject) => {
    stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      const [, found] = /^page +(\S+)$/m.exec(printed) ?? [];
      if (found !== undefined) resolve(new URL(found));
    });
    child.once('close', () => reject(new Error(`the demo ended:\n${printed}`)));
  });
  return {
    address,
    begin() {
      child.stdin?.write('\n');
    },
    async stop() {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}
