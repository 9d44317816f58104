// The test broker as test runners take things up: Vitest fixtures, one broker for all test processes, hooks of any runner.
// Protects: none of it imports a test runner; every broker it starts is stopped by its runner. Leaves out: node:test, whose hooks are
// called `before` and `after` (pass them under the names of `TestHooks`).

import { startTestBroker, type TestBroker } from './test-broker.js';
import type { TestBrokerOptions } from './test-options.js';

type Use<Value> = (value: Value) => Promise<void>;

export interface BrokerFixtures {
  /** Fresh for each test (`reset`), on one port per test file. A failed test prints its `dump`. */
  broker: TestBroker;
  /** The same broker, started once per test file. */
  fileBroker: TestBroker;
}

interface FixtureContext {
  readonly fileBroker: TestBroker;
  readonly onTestFailed: (callback: () => void) => void;
}

/** For Vitest: `const test = baseTest.extend<BrokerFixtures>(brokerFixtures({ topics: { orders: 3 } }))`. */
export function brokerFixtures(options: TestBrokerOptions = {}): {
  fileBroker: [(context: object, use: Use<TestBroker>) => Promise<void>, { scope: 'file' }];
  broker: (context: FixtureContext, use: Use<TestBroker>) => Promise<void>;
} {
  return {
    // Vitest reads from the parameter which fixtures a fixture needs.
    // eslint-disable-next-line no-empty-pattern
    fileBroker: [({}, use) => withBroker(options, use), { scope: 'file' }],
    broker: async ({ fileBroker, onTestFailed }, use) => {
      await fileBroker.reset();
      onTestFailed(() => console.error(String(fileBroker.dump())));
      await use(fileBroker);
    },
  };
}

async function withBroker(options: TestBrokerOptions, use: Use<TestBroker>): Promise<void> {
  await using broker = await startTestBroker(options);
  await use(broker);
}

/** As Jest and Vitest call them. */
export interface TestHooks {
  readonly beforeAll: (start: () => Promise<void>) => void;
  readonly beforeEach: (reset: () => Promise<void>) => void;
  readonly afterAll: (stop: () => Promise<void>) => void;
}

/** One broker for the tests of a file, reset before each: `const broker = useTestBroker({ beforeAll, beforeEach, afterAll })`. */
export function useTestBroker(
  hooks: TestHooks,
  options: TestBrokerOptions = {},
): { readonly current: TestBroker } {
  let broker: TestBroker | undefined;
  hooks.beforeAll(async () => {
    broker = await startTestBroker(options);
  });
  hooks.beforeEach(async () => {
    await broker?.reset();
  });
  hooks.afterAll(async () => {
    await broker?.stop();
  });
  return {
    get current() {
      if (!broker) throw new Error('the test broker is there from beforeAll on');
      return broker;
    },
  };
}

/** Where `globalSetup` leaves its broker for `globalTeardown`, which runners load on its own. */
const sharedBroker = Symbol.for('drave.shared-test-broker');
type Shared = { [sharedBroker]?: TestBroker };

/**
 * One broker for a whole run: sets KAFKA_BROKERS and KAFKA_BOOTSTRAP_SERVERS for every test process. Vitest: `export const setup =
 * globalSetup()` in a `globalSetup` file. Jest: `export default globalSetup()`, and `globalTeardown` in a file of its own.
 */
export function globalSetup(options: TestBrokerOptions = {}): () => Promise<() => Promise<void>> {
  return async () => {
    const broker = await startTestBroker(options);
    (globalThis as Shared)[sharedBroker] = broker;
    Object.assign(process.env, broker.env());
    return globalTeardown;
  };
}

/** Stops the broker of `globalSetup`. */
export async function globalTeardown(): Promise<void> {
  await (globalThis as Shared)[sharedBroker]?.stop();
}
