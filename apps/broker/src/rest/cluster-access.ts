// The cluster behind the REST routes, through the Kafka protocol: Drave's broker or any other. Protects: a request for another
// cluster's id is refused before anything is asked or changed; a cluster that does not answer costs seconds, not a minute.

import { KafkaClient, type Admin, type ClusterDescription } from '@drave/client';
import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Links, type LinkSource } from './links.js';

export interface ClusterAccessOptions {
  readonly platform: Platform;
  /** `host:port` each. */
  readonly bootstrap: readonly string[];
  /** How long one call may take, retries included; milliseconds, default 5,000. */
  readonly timeoutMs: number | undefined;
}

/** A cluster whose id was checked, and the links of one request. */
export interface OpenCluster extends ClusterDescription {
  readonly clusterId: string;
  readonly links: Links;
}

const timeoutMsDefault = 5_000;
/** Shorter than the patience of a health check, so that it hears the reason. */
const healthTimeoutMs = 1_000;

@Injectable()
export class ClusterAccess implements OnApplicationShutdown {
  readonly admin: Admin;
  /** For health checks: gives up sooner. */
  readonly healthAdmin: Admin;
  readonly #clients: readonly KafkaClient[];

  constructor(options: ClusterAccessOptions) {
    const client = clientOf(options, options.timeoutMs ?? timeoutMsDefault);
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

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
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
