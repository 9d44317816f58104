// The broker as a process of its own: Kafka on one port, admin REST, health and metrics on another. `node dist/main.js --help`.
// Protects: Kafka clients are served before Nest loads; HTTP stops first, the broker last. Leaves out: a console.
// One JSON line per event on standard output: `broker-started` and `http-started` say where it listens.

import { enableCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { announcingLogger, type Broker, createBroker } from '@drave/broker';
import { brokerProcessSettings, clusterSettings, httpSettings } from '@drave/contracts';
import { openClusterStore } from '@drave/membership';
import type { ClusterMember } from './join-cluster.js';
import { LaterJobs } from './jobs/later-jobs.js';
import * as option from '@drave/nest/process';
import { nodePlatform, pinoLogger, type Platform } from '@drave/platform';

const options = {
  listen: {
    env: 'DRAVE_LISTEN',
    default: '127.0.0.1:9092',
    sentence: 'where Kafka clients connect; port 0 takes a free one',
    parse: option.parseAddress,
  },
  advertised: {
    env: 'DRAVE_ADVERTISED',
    sentence: 'what clients are told to connect to, when it is another address',
    parse: option.parseAddress,
  },
  http: {
    env: 'DRAVE_HTTP',
    default: '127.0.0.1:9080',
    sentence: 'REST, health and metrics; or off',
    parse: option.parseAddressOrOff,
  },
  allowHosts: { ...httpSettings.allowHosts, parse: option.parseList },
  insecureListen: { ...httpSettings.insecureListen, parse: option.parseSwitch },
  tokens: { ...httpSettings.tokens, parse: option.parseText },
  tokensFile: { ...httpSettings.tokensFile, parse: option.parseText },
  readOnly: { ...httpSettings.readOnly, parse: option.parseSwitch },
  data: {
    env: 'DRAVE_DATA',
    default: './data',
    sentence: 'where the logs are kept, in its folder broker',
    parse: option.parseText,
  },
  snapshots: { ...brokerProcessSettings.snapshots, parse: option.parseText },
  nodeId: {
    env: 'DRAVE_NODE_ID',
    default: '1',
    sentence: 'id of this broker',
    parse: option.parseNumber,
  },
  flush: {
    env: 'DRAVE_FLUSH',
    default: 'group',
    sentence: 'group: acknowledge after fdatasync; os: survive a killed process only',
    parse: option.parseOneOf('group', 'os'),
  },
  redisUrl: { ...clusterSettings.redisUrl, parse: option.parseText },
  redisNamespace: { ...clusterSettings.redisNamespace, parse: option.parseText },
  leaseTtlMs: { ...clusterSettings.leaseTtlMs, parse: option.parseNumber },
  logLevel: {
    env: 'DRAVE_LOG_LEVEL',
    default: 'info',
    sentence: 'debug, info, warn or error',
    parse: option.parseOneOf('debug', 'info', 'warn', 'error'),
  },
} as const;

// For what is imported later, Nest above all.
enableCompileCache();

type Given = option.ProcessOptionValues<typeof options>;

async function start(): Promise<option.Service> {
  const given = option.readProcessOptions(options, process.argv.slice(2), process.env);
  const logger = pinoLogger({ level: given.logLevel });
  const platform = nodePlatform({ logger });
  const directory = join(given.data, 'broker');
  const broker = await createBroker({
    platform,
    directory,
    listen: given.listen,
    ...(given.advertised ? { advertised: given.advertised } : {}),
    insecureListen: given.insecureListen,
    nodeId: given.nodeId,
    flush: given.flush,
  });
  try {
    const member = await register(broker, given, platform);
    const jobs = jobsOf(broker, given, platform);
    const http = await startHttp(broker, given, { platform, jobs, member });
    void jobs?.start();
    return {
      ...(member ? { failed: member.failed } : {}),
      async stop() {
        await http?.stop();
        await jobs?.stop();
        await broker.stop();
        await member?.stop();
      },
    };
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

/** Without Redis a broker has nobody to find. */
async function register(broker: Broker, given: Given, platform: Platform) {
  const { redisUrl, redisNamespace, leaseTtlMs, listen, advertised } = given;
  if (redisUrl === undefined) return undefined;
  const { joinCluster } = await import('./join-cluster.js');
  const logger = announcingLogger(platform.logger, broker.events);
  const store = await openClusterStore({ ...platform, logger }, { redisUrl, redisNamespace });
  // A wildcard is no address to connect to.
  const isWildcard = ['0.0.0.0', '::'].includes(listen.host);
  const { port } = broker.address;
  const own = isWildcard ? { host: hostname(), port } : undefined;
  const told = advertised ? { host: advertised.host, port: advertised.port || port } : own;
  return joinCluster({
    broker,
    platform,
    store,
    leaseTtlMs,
    ...(told ? { addresses: [told] } : {}),
  });
}

/** Jobs are asked for and seen over HTTP. */
function jobsOf(broker: Broker, given: Given, platform: Platform): LaterJobs | undefined {
  if (given.http === 'off') return undefined;
  const { redisUrl } = given;
  return new LaterJobs({
    broker,
    platform,
    directory: join(given.data, 'jobs'),
    ...(given.snapshots ? { snapshotsDirectory: given.snapshots } : {}),
    ...(redisUrl === undefined ? {} : { redisUrl }),
  });
}

interface HttpParts {
  readonly platform: Platform;
  readonly jobs: LaterJobs | undefined;
  readonly member: ClusterMember | undefined;
}

async function startHttp(broker: Broker, given: Given, { platform, jobs, member }: HttpParts) {
  if (given.http === 'off') return undefined;
  const { readAccessTokens } = await import('@drave/nest/http');
  const { startBrokerHttp } = await import('./start-broker-http.js');
  const http = await startBrokerHttp({
    broker,
    platform,
    dataDirectory: join(given.data, 'broker'),
    ...given.http,
    ...(jobs ? { jobs } : {}),
    ...(member ? { cluster: member } : {}),
    allowedHosts: given.allowHosts,
    insecureListen: given.insecureListen,
    tokens: await readAccessTokens(given, platform),
    readOnly: given.readOnly,
  });
  platform.logger.info('http-started', { url: http.url });
  return http;
}

if (process.argv.includes('--help')) {
  process.stdout.write(`usage: main.js [options]\n${option.describeOptions(options)}`);
} else {
  await option.runProcess('drave broker', start);
}
