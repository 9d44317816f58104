// A Nest module on Fastify behind one function. Protects: loopback unless told otherwise; every 4xx and 5xx is `{error_code,
// message}`; stopping ends in time, whatever connections are open. Leaves out: TLS, authentication, Express.
// Traps handled (each tried): Fastify cuts path parameters at 100 characters, a topic name has up to 249; it parses text/plain,
// which a foreign page can send without asking; errors before routing pass by Nest's filters.

import { limits } from '@drave/contracts';
import { restErrorCodes } from '@drave/contracts/rest';
import type { Logger, Platform, Timer } from '@drave/platform';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { nestLogger } from './nest-logger.js';
import { RequestGuard } from './request-guard.js';
import { RestErrorFilter } from './rest-error-filter.js';
import { RouteTable } from './route-table.js';

export interface HttpOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Port 0 takes a free one. */
  readonly port: number;
  readonly platform: Platform;
  /** Default: the platform's. */
  readonly logger?: Logger;
  /** Names besides localhost that the Host header may carry. */
  readonly allowedHosts?: readonly string[];
  /** Listening beyond loopback without authentication must be asked for. */
  readonly insecureListen?: boolean;
}

/** A listening application. */
export interface HttpServer {
  /** `http://127.0.0.1:9080` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** `GET /v3/clusters/:cluster` …: all that is served. */
  readonly routes: readonly string[];
  /** Runs the modules' shutdown hooks and stops listening; answers what is in flight within `limits.drainMs`. Idempotent. */
  stop(): Promise<void>;
}

const bodyBytesMax = 1024 * 1024;
/** Kafka allows 249 characters in topic names and any length in group ids. */
const pathParameterCharsMax = 1024;
const requestTimeoutMs = 30_000;
/** A connection above it is closed at once. */
const connectionsMax = 1_000;

/**
 * Starts `module`; it listens when the promise settles. Rejects with `code` EADDRINUSE when the port is taken, ERR_NOT_LOOPBACK when
 * the host is not loopback and `insecureListen` is not set.
 */
export async function startHttp(module: DynamicModule, options: HttpOptions): Promise<HttpServer> {
  const { platform, port, host = '127.0.0.1' } = options;
  const logger = options.logger ?? platform.logger;
  if (!isLoopback(host) && !options.insecureListen) throw notLoopback(host);
  const routes = new RouteTable();
  const adapter = openAdapter(options, routes);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  app.useGlobalFilters(new RestErrorFilter({ logger, routes }));
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw error;
  }
  const address = app.getHttpServer().address();
  const bound = typeof address === 'object' && address ? address : { address: host, port };
  const shown = bound.address.includes(':') ? `[${bound.address}]` : bound.address;
  let stopping: Promise<void> | undefined;
  return {
    url: `http://${shown}:${bound.port}`,
    host: bound.address,
    port: bound.port,
    routes: routes.routes(),
    stop: () => (stopping ??= app.close()),
  };
}

/** Of a path Fastify does not route at all; neither hooks nor Nest's filters see it. */
interface UnroutableError {
  readonly statusCode?: number;
}
interface RawReply {
  hijack(): unknown;
  readonly raw: {
    statusCode: number;
    setHeader(name: string, value: string): unknown;
    end(body: string): unknown;
  };
}

function openAdapter(options: HttpOptions, routes: RouteTable): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: pathParameterCharsMax, ignoreTrailingSlash: true },
    frameworkErrors: (error: UnroutableError, _request: unknown, reply: RawReply): void => {
      const isTooLong = error.statusCode === 414;
      const code = isTooLong ? restErrorCodes.uriTooLong : restErrorCodes.invalidRequest;
      const message = isTooLong ? 'a part of the path is too long' : 'the path is not well-formed';
      reply.hijack();
      reply.raw.statusCode = Math.floor(code / 100);
      reply.raw.setHeader('content-type', 'application/json; charset=utf-8');
      reply.raw.end(JSON.stringify({ error_code: code, message }));
    },
    clientErrorHandler: (error, socket) => {
      // Bytes that are no HTTP. Nobody listens on a reset connection.
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      const message = 'this is an HTTP port and the bytes are not HTTP/1.1';
      const body = JSON.stringify({ error_code: restErrorCodes.invalidRequest, message });
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    },
  });
  const instance = adapter.getInstance();
  const guard = new RequestGuard(options.allowedHosts);
  instance.server.maxConnections = connectionsMax;
  instance.removeContentTypeParser('text/plain');
  instance.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  instance.addHook('onRequest', async (request, reply) => {
    void reply
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
      .header('cache-control', 'no-store');
    const { host, origin } = request.headers;
    const refusal = guard.judge({ method: request.method, host, origin });
    if (refusal) {
      const { errorCode, message } = refusal;
      return reply.code(refusal.status).send({ error_code: errorCode, message });
    }
    return undefined;
  });
  endInTime(adapter, options.platform);
  return adapter;
}

/** Closing waits for requests in flight; after the bound their connections are cut. */
function endInTime(adapter: FastifyAdapter, { scheduler }: Platform): void {
  const instance = adapter.getInstance();
  let timer: Timer | undefined;
  instance.addHook('preClose', async () => {
    timer = scheduler.setTimer(limits.drainMs, () => instance.server.closeAllConnections());
  });
  instance.addHook('onClose', async () => timer?.cancel());
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function notLoopback(host: string): Error {
  const sentence = `listening on ${host} would let everybody in the network administer the cluster without a password; listen on 127.0.0.1, or allow it explicitly (insecureListen)`;
  return Object.assign(new Error(sentence), { code: 'ERR_NOT_LOOPBACK' });
}
