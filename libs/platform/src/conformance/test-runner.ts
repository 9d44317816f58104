// What the suites need of a test runner; Vitest's and node:test's `describe` and `it` both fit.

export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}
