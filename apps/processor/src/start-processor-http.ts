// One call from running stream applications to their HTTP side. Protects: the applications belong to the caller; what changes them
// (pause, resume) is told in the log with the name of its token.

import { createRequire } from 'node:module';
import { type HealthIndicator, StreamsApps } from '@drave/nest';
import {
  startHttp,
  type HttpServer,
  type RequestGuardOptions,
  type StoreOwners,
} from '@drave/nest/http';
import { nodePlatform, type Logger, type Platform } from '@drave/platform';
import type { StreamsApp } from '@drave/streams';
import { ProcessorAppModule } from './processor-app-module.js';

export interface ProcessorHttpOptions extends RequestGuardOptions {
  /** A function where instances come and go. */
  readonly apps: readonly StreamsApp[] | (() => readonly StreamsApp[]);
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 9081; 0 takes a free one. */
  readonly port?: number;
  /** Listening beyond loopback without `tokens` must be asked for. */
  readonly insecureListen?: boolean;
  /** Where tasks of other instances run; absent: store queries are answered from this process alone. */
  readonly owners?: StoreOwners;
  /** The place in the cluster's directory: adds whether Redis answers to the metrics. */
  readonly cluster?: { readonly isConnected: boolean };
  /** What must be up besides the applications, for `/health/ready`. */
  readonly ready?: readonly HealthIndicator[];
  /** Default the real one. */
  readonly platform?: Platform;
  readonly logger?: Logger;
}

const portDefault = 9081;

/** Serves `/api/v1/streams`, health and metrics. Rejects with `code` EADDRINUSE or ERR_NOT_LOOPBACK when it may not listen there. */
export async function startProcessorHttp(options: ProcessorHttpOptions): Promise<HttpServer> {
  const { host, port, allowedHosts, insecureListen, tokens, readOnly, logger } = options;
  const platform = options.platform ?? nodePlatform(logger ? { logger } : {});
  const log = logger ?? platform.logger;
  const apps = new StreamsApps(options.apps);
  const { owners, cluster, ready = [] } = options;
  const module = ProcessorAppModule.with({
    platform,
    apps,
    version: version(),
    owners,
    cluster,
    ready,
  });
  return startHttp(module, {
    port: port ?? portDefault,
    platform,
    ...(host === undefined ? {} : { host }),
    ...(logger ? { logger } : {}),
    ...(allowedHosts ? { allowedHosts } : {}),
    ...(insecureListen ? { insecureListen } : {}),
    ...(tokens ? { tokens } : {}),
    ...(readOnly ? { readOnly } : {}),
    onAction: (action) => log.info('rest-action', { ...action }),
  });
}

function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('../package.json');
  return (manifest as { readonly version: string }).version;
}
