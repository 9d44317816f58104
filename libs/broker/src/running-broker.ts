// Start and stop of a broker, in order. Protects: clients are accepted only when everything behind the listener is ready, and the
// data directory is released last, whatever failed before. Leaves out: what the parts do.
// Start: settings → logs recovered → metadata image → partitions → coordinators → listener.
// Stop: listener → in-flight answered (bounded) → coordinators → partitions → logs flushed and closed.

import {
  brokerSettings,
  KafkaError,
  limits,
  resolveSettings,
  resolveTopicSettings,
  SettingError,
  type BrokerId,
  type BrokerSettings,
} from '@drave/contracts';
import { GroupCoordinator } from '@drave/coordinator';
import { LogManager } from '@drave/log';
import {
  assert,
  nodePlatform,
  SlabPool,
  type Logger,
  type Platform,
  type SocketAddress,
  type Timer,
} from '@drave/platform';
import {
  FetchPurgatory,
  type MetadataListener,
  MetadataLog,
  ReplicaManager,
} from '@drave/replication';
import type { BrokerContext } from './broker-context.js';
import { BrokerCounters, type BrokerMetrics } from './broker-counters.js';
import { brokerMaintenance, type BrokerMaintenance } from './broker-maintenance.js';
import { metricsOf } from './broker-metrics.js';
import type { Broker, BrokerNode, BrokerOptions } from './broker.js';
import { DelayedDelivery, type DelayedRecords } from './delay/delayed-delivery.js';
import { EventBus } from './events/event-bus.js';
import { announcingLogger, groupEvent, topicEvents } from './events/event-sources.js';
import { FetchSessions } from './fetch-sessions.js';
import { Recompression } from './recompression.js';
import { ClientQuotas } from './client-quotas.js';
import type { Handler } from './define-handler.js';
import { handlers } from './handlers/registry.js';
import { LiveSettings } from './live-settings.js';
import { MemberEvidence } from './member-evidence.js';
import { OffsetsTopic } from './offsets-topic.js';
import { OutboundBudget } from './outbound-budget.js';
import { checkExposure, type ListenerOptions } from './listener-options.js';
import { Server } from './server.js';
import { TopicCreation } from './topic-creation.js';
import { figuresOf, type BrokerFigures } from './topic-figures.js';

const defaultListen: SocketAddress = Object.freeze({ host: '127.0.0.1', port: 9092 });
const insecureListenWarningMs = 60_000;

/** What only the test kit asks for; `createBroker` has no way to it. */
export interface TestSeams {
  /** Overwrite buffers that are free again, so that a view kept too long is seen. */
  readonly poisonSlabs?: boolean;
  /** Stands between connections and handlers. */
  readonly handlers?: (own: readonly Handler[]) => readonly Handler[];
  /** What listeners and connections live in; default the broker's platform. */
  readonly socketPlatform?: Platform;
}

export class RunningBroker implements Broker {
  /** What handlers see; for the test kit. */
  readonly context: BrokerContext;
  readonly #logs: LogManager;
  readonly #server: Server;
  /** That of the context. */
  readonly #nodes: BrokerId[];
  #warning: Timer | undefined;
  #stopping: Promise<void> | undefined;

  private constructor(
    context: BrokerContext,
    {
      nodes,
      logs,
      server,
    }: {
      readonly nodes: BrokerId[];
      readonly logs: LogManager;
      readonly server: Server;
    },
  ) {
    this.context = context;
    this.#nodes = nodes;
    this.#logs = logs;
    this.#server = server;
  }

  static async start(options: BrokerOptions, seams: TestSeams = {}): Promise<RunningBroker> {
    const settings = resolveSettings(brokerSettings, options.settings);
    const plain = platformOf(options);
    const events = new EventBus(plain.clock);
    const platform = { ...plain, logger: announcingLogger(plain.logger, events) };
    const nodeId = options.nodeId ?? 1;
    const listeners = listenersOf(options);
    const exposed = checkExposure(listeners, options.insecureListen ?? false);
    const nodes = nodesOf(options);
    const { directory = 'data', flush = 'group' } = options;
    platform.logger.info('broker-starting', { directory, flush, nodeId });
    const logs = await LogManager.open({
      platform,
      directory: options.directory ?? 'data',
      flush: options.flush ?? 'group',
      ...(options.journal === undefined ? {} : { journal: options.journal }),
      nodeId,
      reserveBytes: settings.logReserveBytes,
      producerIdExpirationMs: settings.producerIdExpirationMs,
      maintenance: {
        retentionCheckIntervalMs: settings.logRetentionCheckIntervalMs,
        cleanerBackoffMs: settings.logCleanerBackoffMs,
        cleanerEnabled: settings.logCleanerEnable,
        dedupeBufferBytes: settings.logCleanerDedupeBufferSize,
        scrubIntervalMs: settings.logScrubIntervalMs,
        scrubBytesPerSecond: settings.logScrubBytesPerSecond,
      },
    });
    const served = seams.handlers?.(handlers) ?? handlers;
    const { poisonSlabs = false } = seams;
    let context: BrokerContext | undefined;
    try {
      const world = { settings, platform, events, nodes, logs };
      context = await openContext({ options, served, poisonSlabs, ...world });
      await context.coordinator.start();
      await context.delays.start();
      const server = new Server(context, served, seams.socketPlatform ?? platform);
      await server.listen(listeners);
      platform.logger.info('broker-started', {
        address: server.address,
        listeners,
        nodeId,
        clusterId: context.clusterId,
        topics: context.metadata.image.topicCount,
        partitions: context.replicas.partitionCount,
      });
      context.metadata.subscribe(topicLog(platform.logger));
      context.metadata.subscribe(topicEvents(context.metadata.image, events));
      const broker = new RunningBroker(context, { nodes, logs, server });
      if (exposed.length > 0) broker.#warnOfExposure(exposed);
      return broker;
    } catch (error) {
      context?.coordinator.stop();
      await logs.close().catch(() => undefined); // The first error is the one to tell.
      throw error;
    }
  }

  get address(): SocketAddress {
    return this.#server.address;
  }

  get nodes(): readonly BrokerNode[] {
    return this.context.nodes.map((nodeId) => ({
      nodeId,
      addresses: this.#server.addressesOf(nodeId),
    }));
  }

  /** Ends every connection at once, unanswered; for the test kit. */
  disconnectAll(): void {
    this.#server.destroyConnections();
  }

  /** Brings a virtual broker (back) to life; for the test kit. Its id is new, or that of one removed before. */
  async addNode(nodeId: BrokerId): Promise<void> {
    const nodes = this.#nodes;
    assert(!nodes.includes(nodeId), 'node-is-new', { nodeId });
    nodes.push(nodeId);
    nodes.sort((a, b) => a - b);
    await this.#server.openNode(nodeId);
  }

  /** Ends a virtual broker, not the last one: its ports and connections close; for the test kit. */
  async removeNode(nodeId: BrokerId): Promise<void> {
    const nodes = this.#nodes;
    assert(nodes.includes(nodeId) && nodes.length > 1, 'node-may-go', { nodeId, nodes });
    nodes.splice(nodes.indexOf(nodeId), 1);
    await this.#server.closeNode(nodeId);
  }

  #warnOfExposure(addresses: readonly string[]): void {
    const { logger, scheduler } = this.context;
    logger.warn('insecure-listener', { addresses });
    this.#warning = scheduler.setTimer(insecureListenWarningMs, () =>
      this.#warnOfExposure(addresses),
    );
  }

  get clusterId(): string {
    return this.context.clusterId;
  }

  get nodeId(): number {
    return this.context.nodeId;
  }

  reportLease(groupId: string, memberId: string, state: 'held' | 'lapsed'): void {
    const { members } = this.context;
    if (state === 'held') members.leaseHeld(groupId, memberId);
    else members.leaseLapsed(groupId, memberId);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { purgatory, coordinator, delays, replicas, logger } = this.context;
    this.#warning?.cancel();
    try {
      await this.#server.stopListening();
      purgatory.completeAll();
      await this.#server.drain({ beforeGivingUp: () => coordinator.stop() });
    } finally {
      coordinator.stop();
      await delays.stop();
      await replicas.close(new KafkaError('NOT_LEADER_OR_FOLLOWER', 'the broker stops'));
      await this.#logs.close();
      logger.info('broker-stopped');
    }
  }

  get maintenance(): BrokerMaintenance {
    return brokerMaintenance(this.context);
  }

  get events(): EventBus {
    return this.context.events;
  }

  get delayed(): DelayedRecords {
    return this.context.delays;
  }

  figures(): BrokerFigures {
    return figuresOf(this.context);
  }

  metrics(): BrokerMetrics {
    return metricsOf(this.context);
  }
}

/** Topics that come and go once the broker runs. */
function topicLog(logger: Logger): MetadataListener {
  return {
    topicCreated: ({ name: topic, partitionCount: partitions }) =>
      logger.info('topic-created', { topic, partitions }),
    topicDeleted: ({ name: topic }) => logger.info('topic-deleted', { topic }),
  };
}

function platformOf({ platform, logger }: BrokerOptions): Platform {
  const chosen = platform ?? nodePlatform(logger ? { logger } : {});
  return logger ? { ...chosen, logger } : chosen;
}

function listenersOf({ listeners, listen, advertised }: BrokerOptions): readonly ListenerOptions[] {
  if (listeners === undefined) {
    return [{ ...(listen ?? defaultListen), ...(advertised ? { advertised } : {}) }];
  }
  if (listen !== undefined || advertised !== undefined || listeners.length === 0) {
    throw new SettingError(
      'listeners',
      'Give either listen and advertised, or listeners (at least one).',
    );
  }
  return listeners;
}

function nodesOf({ brokers = 1, nodeId = 1 }: BrokerOptions): BrokerId[] {
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > limits.virtualBrokersMax) {
    throw new SettingError(
      'brokers',
      `brokers must be 1 to ${limits.virtualBrokersMax}, not ${brokers}.`,
    );
  }
  return Array.from({ length: brokers }, (_, index) => nodeId + index);
}

interface OpenOptions {
  readonly options: BrokerOptions;
  readonly served: readonly Handler[];
  readonly poisonSlabs: boolean;
  readonly settings: BrokerSettings;
  readonly platform: Platform;
  readonly events: EventBus;
  readonly nodes: readonly BrokerId[];
  readonly logs: LogManager;
}

/** The metadata log, replayed, and the partitions it names. */
async function openMetadata({
  settings,
  platform,
  nodes,
  logs,
}: OpenOptions): Promise<Pick<BrokerContext, 'metadata' | 'liveSettings' | 'replicas'>> {
  const { nodeId } = logs;
  const { clock, random, logger } = platform;
  const metadata = await MetadataLog.open({
    logs,
    clock,
    random,
    nodeId,
    logSettings: resolveTopicSettings(new Map(), resolveSettings(brokerSettings)),
  });
  const liveSettings = new LiveSettings(settings, metadata.image, nodeId);
  metadata.subscribe(liveSettings);
  const replicas = new ReplicaManager({
    logs,
    nodes,
    logger,
    topicSettings: (topic) => resolveTopicSettings(topic.configs, liveSettings.current),
    logSettings: (topicSettings) => topicSettings,
  });
  replicas.open(metadata.image);
  metadata.subscribe(replicas);
  return { metadata, liveSettings, replicas };
}

async function openContext(open: OpenOptions): Promise<BrokerContext> {
  const { settings, platform, events, nodes, logs } = open;
  const { nodeId } = logs;
  const { clock, random, scheduler, logger } = platform;
  const { slabBytes, slabsMax, slabsFreeMax: freeMax } = limits;
  const slabs = { slabBytes, slabsMax, freeMax, poison: open.poisonSlabs };
  const { metadata, liveSettings, replicas } = await openMetadata(open);
  const quotas = new ClientQuotas(metadata.image, clock);
  metadata.subscribe(quotas);
  const topics = new TopicCreation({ metadata, replicas, settings: liveSettings, nodes });
  const offsetsTopic = new OffsetsTopic({
    metadata,
    replicas,
    topics,
    clock,
    partitionCount: settings.offsetsTopicNumPartitions,
  });
  const coordinator = openCoordinator(open, metadata, offsetsTopic);
  const directory = open.options.directory ?? 'data';
  const delays = new DelayedDelivery({ platform, directory, metadata, replicas, topics });
  metadata.subscribe(delays);
  return {
    nodeId,
    nodes,
    clusterId: logs.clusterId,
    events,
    get settings() {
      return liveSettings.current;
    },
    liveSettings,
    givenSettings: new Set(Object.keys(open.options.settings ?? {})),
    logs,
    disk: platform.disk,
    metadata,
    replicas,
    topics,
    offsetsTopic,
    coordinator,
    delays,
    members: new MemberEvidence({ evict: (...member) => evict(coordinator, logger, ...member) }),
    quotas,
    fetchSessions: new FetchSessions({
      clock,
      random,
      slots: settings.maxIncrementalFetchSessionCacheSlots,
    }),
    recompression: new Recompression(),
    purgatory: new FetchPurgatory(scheduler, { parkedMax: limits.parkedFetchesMax }),
    frameSlabs: new SlabPool(slabs),
    readSlabs: new SlabPool(slabs),
    outbound: new OutboundBudget(limits.outboundTotalMax),
    clock,
    scheduler,
    logger,
    counters: new BrokerCounters(),
    apis: open.served,
  };
}

function evict(
  coordinator: GroupCoordinator,
  logger: Logger,
  groupId: string,
  memberId: string,
): void {
  const members = [{ memberId, groupInstanceId: null, isEvicted: true }];
  void coordinator.leaveGroup({ groupId, members, apiVersion: 5 }).then(({ members: [left] }) => {
    if (left?.errorCode === 0) logger.warn('group-member-evicted', { groupId, memberId });
  });
}

function openCoordinator(
  { platform, settings, events }: OpenOptions,
  metadata: MetadataLog,
  offsetsTopic: OffsetsTopic,
): GroupCoordinator {
  const coordinator = new GroupCoordinator({
    platform,
    writer: offsetsTopic,
    partitionCount: offsetsTopic.partitionCount,
    topics: metadata.image,
    tell: (groupId, happening) => events.publish(groupEvent(groupId, happening)),
    settings: {
      initialRebalanceDelayMs: settings.groupInitialRebalanceDelayMs,
      sessionTimeoutMsMin: settings.groupMinSessionTimeoutMs,
      sessionTimeoutMsMax: settings.groupMaxSessionTimeoutMs,
      groupSizeMax: settings.groupMaxSize,
      consumerSessionTimeoutMs: settings.groupConsumerSessionTimeoutMs,
      consumerHeartbeatIntervalMs: settings.groupConsumerHeartbeatIntervalMs,
      consumerGroupSizeMax: settings.groupConsumerMaxSize,
      offsetMetadataLengthMax: settings.offsetMetadataMaxBytes,
      offsetsRetentionMs: settings.offsetsRetentionMinutes * 60_000,
    },
  });
  metadata.subscribe({
    topicCreated: () => coordinator.onTopicsChanged(),
    partitionsAdded: () => coordinator.onTopicsChanged(),
    topicDeleted: ({ name }) => coordinator.onTopicDeleted(name),
  });
  return coordinator;
}
