// The way in: a broker from its options. Leaves out: NestJS, command line, environment; what the test kit asks for (testing/).

import type { Broker, BrokerOptions } from './broker.js';
import { RunningBroker } from './running-broker.js';

/**
 * Starts a broker; it accepts clients when the promise settles. Rejects with SettingError for a wrong option, with an `Error` that
 * has a `code` when the data directory cannot be used or the port is taken.
 */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  return RunningBroker.start(options);
}
