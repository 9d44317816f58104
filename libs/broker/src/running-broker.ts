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
  type BrokerSettings,
} from '@drave/contracts';
import { GroupCoordinator } from '@drave/coordinator';
import { LogManager } from '@drave/log';
import { nodePlatform, SlabPool, type Platform, type SocketAddress } from '@drave/platform';
import { FetchPurgatory, MetadataLog, ReplicaManager } from '@drave/replication';
import type { BrokerContext } from './broker-context.js';
import { BrokerCounters, type BrokerMetrics } from './broker-counters.js';
import type { Broker, BrokerOptions } from './broker.js';
import { ClientQuotas } from './client-quotas.js';
import { handlers } from './handlers/registry.js';
import { LiveSettings } from './live-settings.js';
import { OffsetsTopic } from './offsets-topic.js';
import { OutboundBudget } from './outbound-budget.js';
import { Server } from './server.js';
import { TopicCreation } from './topic-creation.js';

const defaultListen: SocketAddress = Object.freeze({ host: '127.0.0.1', port: 9092 });

/** Options of a broker and what only tests ask for. */
export interface StartOptions extends BrokerOptions {
  /** Overwrite buffers that are free again, so that a view kept too long is seen. */
  readonly poisonSlabs?: boolean;
}

export class RunningBroker implements Broker {
  /** What handlers see; for the test kit. */
  readonly context: BrokerContext;
  readonly #logs: LogManager;
  readonly #server: Server;
  #stopping: Promise<void> | undefined;

  private constructor(context: BrokerContext, logs: LogManager, server: Server) {
    this.context = context;
    this.#logs = logs;
    this.#server = server;
  }

  static async start(options: StartOptions): Promise<RunningBroker> {
    const settings = resolveSettings(brokerSettings, options.settings);
    const platform = platformOf(options);
    const nodeId = options.nodeId ?? 1;
    const logs = await LogManager.open({
      platform,
      directory: options.directory ?? 'data',
      flush: options.flush ?? 'group',
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
    let context: BrokerContext | undefined;
    try {
      context = await openContext({ options, settings, platform, nodeId, logs });
      await context.coordinator.start();
      const server = new Server(context, platform);
      await server.listen(options.listen ?? defaultListen, options.advertised);
      platform.logger.info('broker-started', { address: server.address, nodeId });
      return new RunningBroker(context, logs, server);
    } catch (error) {
      context?.coordinator.stop();
      await logs.close().catch(() => undefined); // The first error is the one to tell.
      throw error;
    }
  }

  get address(): SocketAddress {
    return this.#server.address;
  }

  get clusterId(): string {
    return this.context.clusterId;
  }

  get nodeId(): number {
    return this.context.nodeId;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { purgatory, coordinator, replicas, logger } = this.context;
    try {
      await this.#server.stopListening();
      purgatory.completeAll();
      await this.#server.drain({ beforeGivingUp: () => coordinator.stop() });
    } finally {
      coordinator.stop();
      await replicas.close(new KafkaError('NOT_LEADER_OR_FOLLOWER', 'the broker stops'));
      await this.#logs.close();
      logger.info('broker-stopped');
    }
  }

  metrics(): BrokerMetrics {
    const { counters, metadata, replicas, purgatory } = this.context;
    let logBytes = 0;
    for (const { log } of replicas.partitions()) logBytes += log.sizeBytes;
    return {
      requests: Object.fromEntries(
        handlers.map(({ name, apiKey }) => [name, counters.requestsByKey.get(apiKey) ?? 0]),
      ),
      bytesIn: counters.bytesIn,
      bytesOut: counters.bytesOut,
      recordsIn: counters.recordsIn,
      recordBytesIn: counters.recordBytesIn,
      recordBytesOut: counters.recordBytesOut,
      connections: counters.connections,
      connectionsTotal: counters.connectionsTotal,
      connectionsRefused: counters.connectionsRefused,
      topics: metadata.image.topicCount,
      partitions: replicas.partitionCount,
      parkedFetches: purgatory.parkedCount,
      logBytes,
    };
  }
}

function platformOf({ platform, logger }: BrokerOptions): Platform {
  const chosen = platform ?? nodePlatform(logger ? { logger } : {});
  return logger ? { ...chosen, logger } : chosen;
}

interface OpenOptions {
  readonly options: StartOptions;
  readonly settings: BrokerSettings;
  readonly platform: Platform;
  readonly nodeId: number;
  readonly logs: LogManager;
}

async function openContext(open: OpenOptions): Promise<BrokerContext> {
  const { settings, platform, nodeId, logs } = open;
  const { clock, random, scheduler, logger } = platform;
  const { slabBytes, slabsMax, slabsFreeMax: freeMax } = limits;
  const slabs = { slabBytes, slabsMax, freeMax, poison: open.options.poisonSlabs ?? false };
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
    nodeId,
    logger,
    topicSettings: (topic) => resolveTopicSettings(topic.configs, liveSettings.current),
    logSettings: (topicSettings) => topicSettings,
  });
  replicas.open(metadata.image);
  metadata.subscribe(replicas);
  const quotas = new ClientQuotas(metadata.image, clock);
  metadata.subscribe(quotas);
  const topics = new TopicCreation({ metadata, replicas, settings: liveSettings, nodeId });
  const offsetsTopic = new OffsetsTopic({
    metadata,
    replicas,
    topics,
    clock,
    partitionCount: settings.offsetsTopicNumPartitions,
  });
  const coordinator = openCoordinator(open, metadata, offsetsTopic);
  metadata.subscribe({
    topicCreated: () => coordinator.onTopicsChanged(),
    partitionsAdded: () => coordinator.onTopicsChanged(),
    topicDeleted: ({ name }) => coordinator.onTopicDeleted(name),
  });
  return {
    nodeId,
    clusterId: logs.clusterId,
    get settings() {
      return liveSettings.current;
    },
    liveSettings,
    givenSettings: new Set(Object.keys(open.options.settings ?? {})),
    logs,
    metadata,
    replicas,
    topics,
    offsetsTopic,
    coordinator,
    quotas,
    purgatory: new FetchPurgatory(scheduler, { parkedMax: limits.parkedFetchesMax }),
    frameSlabs: new SlabPool(slabs),
    readSlabs: new SlabPool(slabs),
    outbound: new OutboundBudget(limits.outboundTotalMax),
    clock,
    scheduler,
    logger,
    counters: new BrokerCounters(),
    handlers,
  };
}

function openCoordinator(
  { platform, settings }: OpenOptions,
  metadata: MetadataLog,
  offsetsTopic: OffsetsTopic,
): GroupCoordinator {
  return new GroupCoordinator({
    platform,
    writer: offsetsTopic,
    partitionCount: offsetsTopic.partitionCount,
    topics: metadata.image,
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
}
