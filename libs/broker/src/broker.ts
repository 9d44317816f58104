// The broker as its host sees it: options in, a running broker out. Leaves out: NestJS, command line, environment.

import type { BrokerSettings } from '@drave/contracts';
import type { Logger, Platform, SocketAddress } from '@drave/platform';
import type { BrokerMetrics } from './broker-counters.js';
import { RunningBroker } from './running-broker.js';

export interface BrokerOptions {
  /** The world the broker lives in; default the real one. */
  readonly platform?: Platform;
  /** Data directory, created when missing; default `data`. Used by one broker at a time. */
  readonly directory?: string;
  /** Default 127.0.0.1:9092. Port 0 takes a free one; host `localhost` listens on 127.0.0.1 and ::1. */
  readonly listen?: SocketAddress;
  /**
   * What clients are told to connect to; default the address of `listen`, or the one a client came in on when that is 0.0.0.0 or
   * `::`. Port 0 stands for the listener's.
   */
  readonly advertised?: SocketAddress;
  /** Default 1. */
  readonly nodeId?: number;
  /** `group`: an acknowledged record is on the disk; `os` (default `group`): it is with the operating system. */
  readonly flush?: 'group' | 'os';
  /** Overrides of the settings table; checked. */
  readonly settings?: Partial<BrokerSettings>;
  readonly logger?: Logger;
}

/** A broker that serves clients until `stop`. */
export interface Broker {
  /** Where it listens; `port` is the real one. */
  readonly address: SocketAddress;
  readonly clusterId: string;
  readonly nodeId: number;
  /**
   * Refuses new connections, answers what is in flight (bounded by `limits.drainMs`), then closes logs and data directory.
   * Idempotent; rejects when the logs could not be closed cleanly.
   */
  stop(): Promise<void>;
  /** A snapshot of plain numbers. */
  metrics(): BrokerMetrics;
}

/**
 * Starts a broker; it accepts clients when the promise settles. Rejects with SettingError for a wrong option, with an `Error` that
 * has a `code` when the data directory cannot be used or the port is taken.
 */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  return RunningBroker.start(options);
}
