// The cluster behind the REST routes, through the Kafka protocol: Drave's broker or any other. Protects: a request for another
// cluster's id is refused before anything is asked or changed; a cluster that does not answer costs seconds, not a minute.

import type { EventBus } from '@drave/broker';
import {
  KafkaClient,
  type Admin,
  type ClusterDescription,
  type PartitionMetadata,
  type Producer,
  type TopicMetadata,
} from '@drave/client';
import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RecordFilters } from '../filter/record-filter.js';
import type { TopicRate } from '../figures/topic-rates.js';
import { Links, type LinkSource } from './links.js';

export interface ClusterAccessOptions {
  readonly platform: Platform;
  /** `host:port` each. */
  readonly bootstrap: readonly string[];
  /** How long one call may take, retries included; milliseconds, default 5,000. */
  readonly timeoutMs: number | undefined;
  /** Where what is done here is told. */
  readonly events: EventBus;
  /** Rates of topics, where a broker of this process counts. */
  readonly rateOf: ((topic: string) => TopicRate | undefined) | undefined;
}

/** A cluster whose id was checked, and the links of one request. */
export interface OpenCluster extends ClusterDescription {
  readonly clusterId: string;
  readonly links: Links;
}

const timeoutMsDefault = 5_000;
/** Shorter than the patience of a health check, so that it hears the reason. */
const healthTimeoutMs = 1_000;
/** JSON of a record that is posted; Kafka's limit of 1 MiB, as base64, fits. */
export const recordBytesMax = 4 * 1024 * 1024;
const producerBufferBytes = 64 * 1024 * 1024;
const produceTimeoutMs = 30_000;

@Injectable()
export class ClusterAccess implements OnApplicationShutdown {
  readonly admin: Admin;
  readonly platform: Platform;
  readonly filters: RecordFilters;
  readonly events: EventBus;
  readonly rateOf: ((topic: string) => TopicRate | undefined) | undefined;
  /** For health checks: gives up sooner. */
  readonly healthAdmin: Admin;
  readonly #clients: readonly [KafkaClient, KafkaClient];
  readonly #timeoutMs: number;
  #producer: Producer | undefined;

  constructor(options: ClusterAccessOptions) {
    this.platform = options.platform;
    this.events = options.events;
    this.rateOf = options.rateOf;
    this.filters = new RecordFilters(options.platform);
    this.#timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    const client = clientOf(options, this.#timeoutMs);
    const healthClient = clientOf(options, healthTimeoutMs);
    this.#clients = [client, healthClient];
    this.admin = client.admin();
    this.healthAdmin = healthClient.admin();
  }

  /** The cluster, when it has this id; without one, whichever it is. Rejects with 40402. */
  async open(request: LinkSource, clusterId?: string): Promise<OpenCluster> {
    const cluster = await this.admin.describeCluster();
    const id = cluster.clusterId ?? '';
    if (clusterId !== undefined && clusterId !== id) {
      throw new RestError(
        restErrorCodes.unknownCluster,
        `there is no cluster '${clusterId}' here; GET /v3/clusters says which there is`,
      );
    }
    return { ...cluster, clusterId: id, links: new Links(request, id) };
  }

  /** Rejects with 40403. */
  async topic(name: string): Promise<TopicMetadata> {
    const [topic] = await this.admin.describeTopics([name]);
    if (topic) return topic;
    throw new RestError(restErrorCodes.unknownTopicOrPartition, `there is no topic '${name}'`);
  }

  /** Rejects with 40403. */
  async partition(topic: string, index: string): Promise<PartitionMetadata> {
    const { partitions } = await this.topic(topic);
    const partition = /^(0|[1-9]\d{0,8})$/.test(index) ? partitions[Number(index)] : undefined;
    if (partition) return partition;
    throw new RestError(
      restErrorCodes.unknownTopicOrPartition,
      `topic '${topic}' has ${partitions.length} partitions, from 0 on, and no '${index}'`,
    );
  }

  get client(): KafkaClient {
    return this.#clients[0];
  }

  /** For records posted here; made when first needed, shared by all requests. */
  producer(): Producer {
    return (this.#producer ??= this.#clients[0].producer({
      lingerMs: 1,
      maxRequestBytes: recordBytesMax,
      bufferBytes: producerBufferBytes,
      maxBlockMs: this.#timeoutMs,
      deliveryTimeoutMs: produceTimeoutMs,
    }));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/** The broker with this id. Throws 40404. */
export function brokerOf({ brokers }: OpenCluster, id: string): OpenCluster['brokers'][number] {
  const broker = brokers.find(({ nodeId }) => String(nodeId) === id);
  if (broker) return broker;
  throw new RestError(restErrorCodes.unknownBroker, `there is no broker '${id}'`);
}

function clientOf({ platform, bootstrap }: ClusterAccessOptions, timeoutMs: number): KafkaClient {
  return new KafkaClient({
    platform,
    brokers: bootstrap,
    clientId: 'drave-rest',
    connectTimeoutMs: timeoutMs,
    requestTimeoutMs: timeoutMs,
    apiTimeoutMs: timeoutMs,
  });
}
