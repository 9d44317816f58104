import { defineConfig } from 'vitest/config';

// Tests run on the sources: the private export condition `drave-source` needs no build before them.
const conditions = ['drave-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{apps,libs}/**/*.{spec,e2e-spec}.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'threads',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './tools/summary-reporter.mjs'],
    coverage: { provider: 'v8', include: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts'] },
  },
});
