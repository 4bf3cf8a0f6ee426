import { defineConfig } from 'vitest/config';

/** The short form of the fault suite runs by itself: what it kills and starts needs the machine. */
export default defineConfig({
  test: {
    include: ['test/chaos/*.test.ts'],
  },
});
