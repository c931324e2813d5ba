import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/tests/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: './tests/servers/setup.mjs',
    pool: 'forks',
    // A part of them waits for servers most of the time.
    maxWorkers: 4,
    // To compile PGlite for speed costs more than tests get back (see tests/fixtures/cli.ts).
    execArgv: ['--liftoff-only'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Tests load the built packages as users do: Node itself loads them, nothing transforms them.
    server: { deps: { external: [/\/packages\/[a-z]+\/dist\//] } },
  },
});
