// The broker as its host sees it: options in, a running broker out. Leaves out: NestJS, command line, environment.

import type { JournalSettings } from '@drave/log';
import type { BrokerSettings } from '@drave/contracts';
import type { Logger, Platform, SocketAddress } from '@drave/platform';
import type { BrokerMetrics } from './broker-counters.js';
import type { BrokerMaintenance } from './broker-maintenance.js';
import type { DelayedRecords } from './delay/delayed-delivery.js';
import type { EventBus } from './events/event-bus.js';
import type { ListenerOptions } from './listener-options.js';
import type { BrokerFigures } from './topic-figures.js';

export interface BrokerOptions {
  /** The world the broker lives in; default the real one. */
  readonly platform?: Platform;
  /** Data directory, created when missing; default `data`. Used by one broker at a time. */
  readonly directory?: string;
  /** Default 127.0.0.1:9092. Port 0 takes a free one; host `localhost` listens on 127.0.0.1 and ::1. */
  readonly listen?: SocketAddress;
  /** What clients of `listen` are told to connect to, see `ListenerOptions`. */
  readonly advertised?: SocketAddress;
  /** Several listeners, each with its own advertised address, instead of `listen` and `advertised`. */
  readonly listeners?: readonly ListenerOptions[];
  /** Allows listening beyond this machine, default false: whoever reaches the port may read and write everything. */
  readonly insecureListen?: boolean;
  /** Default 1; of virtual brokers the first. */
  readonly nodeId?: number;
  /**
   * Virtual brokers, default 1, at most `limits.virtualBrokersMax`: so many ids on as many ports in this process and directory.
   * Leaders and coordinators are spread over them and replication factors up to their number are accepted, but records are kept
   * once: clients see a cluster, a lost disk is lost. For tests and development.
   */
  readonly brokers?: number;
  /** `group`: an acknowledged record is on the disk; `os` (default `group`): it is with the operating system. */
  readonly flush?: 'group' | 'os';
  /** The log's journal for commits of many dirty partitions; default: used where it is cheaper. */
  readonly journal?: Partial<JournalSettings>;
  /** Overrides of the settings table; checked. */
  readonly settings?: Partial<BrokerSettings>;
  readonly logger?: Logger;
}

/** One of the brokers a process is. */
export interface BrokerNode {
  readonly nodeId: number;
  /** Where it listens, in the order of the listeners. */
  readonly addresses: readonly SocketAddress[];
}

/** A broker that serves clients until `stop`. */
export interface Broker {
  /** Where it listens; `port` is the real one. */
  readonly address: SocketAddress;
  /** Ascending by id; one unless virtual brokers were asked for. */
  readonly nodes: readonly BrokerNode[];
  readonly clusterId: string;
  readonly nodeId: number;
  /**
   * Refuses new connections, answers what is in flight (bounded by `limits.drainMs`), then closes logs and data directory.
   * Idempotent; rejects when the logs could not be closed cleanly.
   */
  stop(): Promise<void>;
  /**
   * What an observer of leases knows of a member of a group, of either protocol. A member whose lease lapsed and whose connection is closed is
   * taken out of its group at once; neither alone does it.
   */
  reportLease(groupId: string, memberId: string, state: 'held' | 'lapsed'): void;
  /** Records that wait for their time, of topics with `drave.delay.enable`. */
  readonly delayed: DelayedRecords;
  /** Upkeep on request. */
  readonly maintenance: BrokerMaintenance;
  /** What happens in the cluster; others of the process may tell it what they know. */
  readonly events: EventBus;
  /** Counters for who samples rates; cheaper than `metrics`. */
  figures(): BrokerFigures;
  /** A snapshot of plain numbers. */
  metrics(): BrokerMetrics;
}
