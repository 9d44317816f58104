// One call from a running broker to its HTTP side. Protects: the broker belongs to the caller, stopping HTTP leaves it running.
// Leaves out: starting a broker (main.ts, the command line).

import { createRequire } from 'node:module';
import { EventBus, type Broker } from '@drave/broker';
import { isVouchedFor } from '@drave/membership';
import { StreamsApps } from '@drave/nest';
import {
  startHttp,
  type HttpServer,
  type RemoteInstances,
  type RequestGuardOptions,
  type RestAction,
} from '@drave/nest/http';
import { nodePlatform, type Logger, type Platform } from '@drave/platform';
import type { StreamsApp } from '@drave/streams';
import type { ClusterMember } from './join-cluster.js';
import type { LaterJobs } from './jobs/later-jobs.js';
import type { PlatformJobs } from './jobs/platform-jobs.js';
import { bootstrapOf as bootstrapOfBroker } from './bootstrap.js';
import { BrokerAppModule } from './broker-app-module.js';
import { ClusterFigures } from './figures/cluster-figures.js';
import { StreamsWatch, type WatchedInstance } from './streams-watch.js';

export interface BrokerHttpOptions extends RequestGuardOptions {
  /** A broker of this process: adds its metrics and is asked unless `bootstrap` says otherwise. */
  readonly broker?: Broker;
  /** `host:port` of the cluster to administer, Drave's or Apache Kafka's. Default: `broker`. */
  readonly bootstrap?: readonly string[];
  /** How long a request may wait for the cluster; milliseconds, default 5,000. */
  readonly clusterTimeoutMs?: number;
  /** Its free space is part of `/health/ready`. */
  readonly dataDirectory?: string;
  /** Stream applications of this process: adds `/api/v1/streams`, their health and metrics. A function where they change. */
  readonly streams?: readonly StreamsApp[] | (() => readonly StreamsApp[]);
  /**
   * The place in the cluster's directory: adds whether Redis answers to the metrics and, unless `streams` is given, shows the stream
   * applications of other processes. They are given the caller's token only where they have one of `tokens` themselves.
   */
  readonly cluster?: Pick<ClusterMember, 'isConnected'> &
    Partial<Pick<ClusterMember, 'processors'>>;
  /** Background jobs of this process: adds `/api/v1/jobs`. They belong to the caller. */
  readonly jobs?: PlatformJobs | LaterJobs;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 9080; 0 takes a free one. */
  readonly port?: number;
  /** Listening beyond loopback without `tokens` must be asked for. */
  readonly insecureListen?: boolean;
  /** Default the real one. */
  readonly platform?: Platform;
  readonly logger?: Logger;
}

const portDefault = 9080;

/**
 * Serves the admin REST API, health and metrics; it listens when the promise settles. Rejects with TypeError when neither a broker
 * nor `bootstrap` is given, with `code` EADDRINUSE or ERR_NOT_LOOPBACK when it may not listen there.
 */
export async function startBrokerHttp(options: BrokerHttpOptions): Promise<HttpServer> {
  const { broker, host, port, allowedHosts, insecureListen, tokens, readOnly, logger } = options;
  const platform = options.platform ?? nodePlatform(logger ? { logger } : {});
  const events = broker?.events ?? new EventBus(platform.clock);
  const streams = options.streams && new StreamsApps(options.streams);
  // What is administered may be another cluster than that of the broker.
  const figures =
    broker && !options.bootstrap ? new ClusterFigures({ broker, platform }) : undefined;
  const watch = watchOf(options, { streams, events, platform });
  const module = BrokerAppModule.with({
    platform,
    events,
    figures,
    bootstrap: bootstrapOf(options),
    clusterTimeoutMs: options.clusterTimeoutMs,
    broker,
    dataDirectory: options.dataDirectory,
    cluster: options.cluster,
    jobs: options.jobs && jobsOf(options.jobs),
    streams,
    remoteStreams: remoteStreamsOf(options),
    version: version(),
  });
  const http = await startHttp(module, {
    port: port ?? portDefault,
    platform,
    ...(host === undefined ? {} : { host }),
    ...(logger ? { logger } : {}),
    ...(allowedHosts ? { allowedHosts } : {}),
    ...(insecureListen ? { insecureListen } : {}),
    ...(tokens ? { tokens } : {}),
    ...(readOnly ? { readOnly } : {}),
    onAction: (action) => tellAction(events, action),
  });
  watch?.start();
  figures?.start();
  return {
    ...http,
    stop() {
      watch?.stop();
      figures?.stop();
      return http.stop();
    },
  };
}

/** Records that are written are data, and too many to be news. */
function tellAction(events: EventBus, action: RestAction): void {
  if (/\/records(:batch)?$/.test(action.route)) return;
  events.publish({ type: 'rest.action.v1', data: action });
}

/** Instances of this process with their states, else those of the directory, of which only what runs is known. */
function watchOf(
  { cluster }: BrokerHttpOptions,
  parts: {
    readonly streams: StreamsApps | undefined;
    readonly events: EventBus;
    readonly platform: Platform;
  },
): StreamsWatch | undefined {
  const { streams, events, platform } = parts;
  const { scheduler } = platform;
  const look = streams
    ? () => streams.all().map((app) => watchedApp(app))
    : cluster?.processors &&
      (() =>
        (cluster.processors?.() ?? []).map(({ applicationId, instanceId, tasks }) => ({
          application: applicationId,
          instance: instanceId,
          tasks: tasks.map((taskId) => ({ taskId, state: 'running' })),
        })));
  return look && new StreamsWatch({ look, events, scheduler });
}

function watchedApp(app: StreamsApp): WatchedInstance {
  const { applicationId: application } = app.describe();
  const tasks = app.tasks().map(({ taskId, state }) => ({ taskId, state }));
  return { application, instance: app.identity().instanceId ?? '', state: app.state, tasks };
}

function remoteStreamsOf({
  cluster,
  streams,
  tokens = [],
}: BrokerHttpOptions): RemoteInstances | undefined {
  if (streams || !cluster?.processors) return undefined;
  return () =>
    (cluster.processors?.() ?? []).map((one) => ({
      applicationId: one.applicationId,
      instance: one.instanceId,
      url: one.queryUrl,
      isVouchedFor: isVouchedFor(one, tokens),
    }));
}

const jobsOf =
  (jobs: PlatformJobs | LaterJobs): (() => Promise<PlatformJobs>) =>
  async () =>
    'get' in jobs ? jobs.get() : jobs;

function bootstrapOf({ bootstrap, broker }: BrokerHttpOptions): readonly string[] {
  if (bootstrap) return bootstrap;
  if (!broker) throw new TypeError('name a broker or bootstrap addresses to administer');
  return bootstrapOfBroker(broker);
}

function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  return (manifest as { readonly version: string }).version;
}
