import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Rooms whose tests keep to themselves: they start no process, and set nothing of the one that they run in. They share
 * one, as starting one takes longer than most of them.
 */
const TOGETHER = [
  'aggregation',
  'alerting',
  'api',
  'behaviour',
  'config',
  'contracts',
  'evaluation',
  'http',
  'model',
  'preprocess',
  'sources',
  'topics',
].map((room) => `test/${room}/**/*.test.ts`);

/** The long ones first, so that no worker is left with one at the end; also, those that share a process come in a row. */
class ApartFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

function place({ project }: TestSpecification): number {
  return project.name === 'apart' ? 0 : 1;
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // More than the two cores of the smallest machine: most of those apart wait, for brokers, processes and time to pass.
    maxWorkers: 3,
    // Against what hangs, not against what is slow: a busy machine may take ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    sequence: { sequencer: ApartFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/**/*.test.ts'],
          // The fault suite runs by itself, with a configuration of its own.
          exclude: [...configDefaults.exclude, 'test/chaos/**', ...TOGETHER],
        },
      },
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
    ],
  },
});
