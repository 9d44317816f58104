// What handlers see of their broker. Leaves out: sockets, start and stop.

import type { BrokerId, BrokerSettings } from '@drave/contracts';
import type { GroupCoordinator } from '@drave/coordinator';
import type { LogManager } from '@drave/log';
import type { Clock, Disk, Logger, Scheduler, SlabPool } from '@drave/platform';
import type { FetchPurgatory, MetadataLog, ReplicaManager } from '@drave/replication';
import type { ServedApi } from './advertised-apis.js';
import type { BrokerCounters } from './broker-counters.js';
import type { ClientQuotas } from './client-quotas.js';
import type { DelayedDelivery } from './delay/delayed-delivery.js';
import type { EventBus } from './events/event-bus.js';
import type { FetchSessions } from './fetch-sessions.js';
import type { LiveSettings } from './live-settings.js';
import type { MemberEvidence } from './member-evidence.js';
import type { OutboundBudget } from './outbound-budget.js';
import type { OffsetsTopic } from './offsets-topic.js';
import type { Recompression } from './recompression.js';
import type { TopicCreation } from './topic-creation.js';

export interface BrokerContext {
  /** The node that was asked. */
  readonly nodeId: BrokerId;
  /** All brokers of this process, ascending. */
  readonly nodes: readonly BrokerId[];
  readonly clusterId: string;
  readonly events: EventBus;
  /** As they are now. */
  readonly settings: BrokerSettings;
  readonly liveSettings: LiveSettings;
  /** Broker settings given explicitly (Drave's names), for DescribeConfigs. */
  readonly givenSettings: ReadonlySet<string>;
  readonly logs: LogManager;
  readonly disk: Disk;
  readonly metadata: MetadataLog;
  readonly replicas: ReplicaManager;
  readonly topics: TopicCreation;
  readonly coordinator: GroupCoordinator;
  readonly members: MemberEvidence;
  readonly offsetsTopic: OffsetsTopic;
  readonly delays: DelayedDelivery;
  readonly quotas: ClientQuotas;
  readonly purgatory: FetchPurgatory;
  readonly fetchSessions: FetchSessions;
  readonly recompression: Recompression;
  /** Memory of large request frames and of large reads of the log: apart, so that slow consumers cannot starve producers. */
  readonly frameSlabs: SlabPool;
  readonly readSlabs: SlabPool;
  readonly outbound: OutboundBudget;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly counters: BrokerCounters;
  readonly apis: readonly ServedApi[];
}
