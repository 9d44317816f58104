// A Nest module on Fastify behind one function. Protects: loopback unless told otherwise; every 4xx and 5xx is `{error_code,
// message}`; stopping ends in time, whatever connections are open. Leaves out: TLS, Express; who may ask (request-guard.ts).
// Traps handled (each tried): Fastify cuts path parameters at 100 characters, a topic name has up to 249; it parses text/plain,
// which a foreign page can send without asking; errors before routing pass by Nest's filters.

import { limits } from '@drave/contracts';
import { restErrorCodes } from '@drave/contracts/rest';
import type { Logger, Platform, Timer } from '@drave/platform';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { parseJsonBody, readBody, type BodyStream } from './json-body.js';
import { exposureOf, warnOfExposure } from './listener-exposure.js';
import { auditRequests, type RestAction } from './request-audit.js';
import { nestLogger } from './nest-logger.js';
import { RequestGuard, type GuardedRequest, type RequestGuardOptions } from './request-guard.js';
import { errorAnswerOf, RestError } from './rest-error.js';
import { RestErrorFilter } from './rest-error-filter.js';
import { RouteTable } from './route-table.js';

export interface HttpOptions extends RequestGuardOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Port 0 takes a free one. */
  readonly port: number;
  readonly platform: Platform;
  /** Default: the platform's. */
  readonly logger?: Logger;
  /** Listening beyond loopback without `tokens` must be asked for. */
  readonly insecureListen?: boolean;
  /** Hears of every request that changes something, once it is answered. */
  readonly onAction?: (action: RestAction) => void;
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
const bodyTimeoutMs = 30_000;
const headersTimeoutMs = 10_000;
/** A route that reads a stream waits this long for the next bytes. */
const streamIdleMs = 600_000;
/** A connection above it is closed at once. */
const connectionsMax = 1_000;

/**
 * Starts `module`; it listens when the promise settles. Rejects with `code` EADDRINUSE when the port is taken, ERR_TOKEN for a text
 * that is no token, ERR_NOT_LOOPBACK when the host is not loopback and neither `tokens` nor `insecureListen` is given.
 */
export async function startHttp(module: DynamicModule, options: HttpOptions): Promise<HttpServer> {
  const { platform, port, host = '127.0.0.1' } = options;
  const logger = options.logger ?? platform.logger;
  const exposure = exposureOf(host, options);
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
  const url = `http://${shown}:${bound.port}`;
  const quiet = warnOfExposure(exposure, { url, logger, scheduler: platform.scheduler });
  const stop = async (): Promise<void> => {
    quiet();
    await app.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    url,
    host: bound.address,
    port: bound.port,
    routes: routes.routes(),
    stop: () => (stopping ??= stop()),
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

const securityHeaders = Object.freeze({
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
});

function openAdapter(options: HttpOptions, routes: RouteTable): FastifyAdapter {
  const guard = new RequestGuard(options);
  const adapter = new FastifyAdapter({
    bodyLimit: bodyBytesMax,
    requestTimeout: 0, // Streams of records last; see endSlowBodies.
    return503OnClosing: false,
    skipMiddie: true,
    routerOptions: { maxParamLength: pathParameterCharsMax, ignoreTrailingSlash: true },
    frameworkErrors: (error: UnroutableError, request: GuardedRequest, reply: RawReply): void => {
      const refusal = guard.judge(request) ?? unroutable(error);
      reply.hijack();
      const { contentType, body } = errorAnswerOf(refusal, request.url);
      reply.raw.statusCode = refusal.status;
      for (const [name, value] of Object.entries(headersOf(refusal))) {
        reply.raw.setHeader(name, value);
      }
      reply.raw.setHeader('content-type', contentType);
      reply.raw.end(JSON.stringify(body));
    },
    clientErrorHandler: (error, socket) => {
      // Nobody listens on a reset connection.
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
      socket.end(unreadableAnswer(error.code));
    },
  });
  const instance = adapter.getInstance();
  instance.server.maxConnections = connectionsMax;
  instance.server.headersTimeout = headersTimeoutMs;
  instance.removeContentTypeParser(['text/plain', 'application/json']);
  instance.addContentTypeParser(
    'application/json',
    async (request: RawRequest, body: BodyStream) =>
      isRaw(request) ? body : parseJsonBody(await readBody(body, bodyBytesMax)),
  );
  instance.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  instance.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders);
    const refusal = guard.judge(request);
    if (!refusal) return undefined;
    const { contentType, body } = errorAnswerOf(refusal, request.url);
    return reply.code(refusal.status).headers(headersOf(refusal)).type(contentType).send(body);
  });
  if (options.onAction) auditRequests(instance, guard, options.onAction);
  logRequests(adapter, options.logger ?? options.platform.logger);
  endSlowBodies(adapter, options.platform);
  endInTime(adapter, options.platform);
  return adapter;
}

/** At `debug`, without the query, which may hold what is nobody's business. */
function logRequests(adapter: FastifyAdapter, logger: Logger): void {
  adapter.getInstance().addHook('onResponse', async ({ method, url }, reply) => {
    const tookMs = Math.round(reply.elapsedTime * 10) / 10;
    logger.debug('http-request', {
      method,
      path: url.split('?')[0],
      status: reply.statusCode,
      tookMs,
    });
  });
}

interface RawRequest {
  readonly routeOptions: { readonly config: object };
}

/** A route with `RouteConfig({ rawBody: true })` reads the stream of its body itself, as long as it takes. */
function isRaw({ routeOptions: { config } }: RawRequest): boolean {
  return (config as { readonly rawBody?: unknown }).rawBody === true;
}

function unroutable({ statusCode }: UnroutableError): RestError {
  return statusCode === 414
    ? new RestError(restErrorCodes.uriTooLong, 'a part of the path is too long')
    : new RestError(restErrorCodes.invalidRequest, 'the path is not well-formed');
}

function headersOf({ errorCode }: RestError): Record<string, string> {
  return {
    ...securityHeaders,
    ...(errorCode === restErrorCodes.unauthenticated
      ? { 'www-authenticate': 'Bearer realm="drave", Basic realm="drave"' }
      : {}),
  };
}

/** The whole answer to bytes that are not read as a request. */
function unreadableAnswer(code: string | undefined): string {
  const [statusLine, errorCode, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', restErrorCodes.headersTooLarge, 'too many headers']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', restErrorCodes.requestTooSlow, 'the headers did not come in time']
        : [
            '400 Bad Request',
            restErrorCodes.invalidRequest,
            'this is an HTTP port and the bytes are not HTTP/1.1',
          ];
  const body = JSON.stringify({ error_code: errorCode, message });
  return `HTTP/1.1 ${statusLine}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

/** A body that takes too long ends its connection; where the route reads a stream, one that pauses too long. */
function endSlowBodies(adapter: FastifyAdapter, { scheduler }: Platform): void {
  adapter.getInstance().addHook('preParsing', async (request, _reply, payload) => {
    const { raw } = request;
    const hasBody =
      Number(raw.headers['content-length'] ?? 0) > 0 || !!raw.headers['transfer-encoding'];
    if (isRaw(request)) raw.setTimeout(streamIdleMs, () => raw.destroy());
    else if (hasBody) {
      const timer = scheduler.setTimer(bodyTimeoutMs, () => raw.destroy());
      raw.once('end', () => timer.cancel()).once('close', () => timer.cancel());
    }
    return payload;
  });
}

/**
 * Closing waits for requests in flight; after the bound their connections are cut. A connection that clients would keep ends with
 * the answer that was under way: Node closes only those that are idle when the server closes.
 */
function endInTime(adapter: FastifyAdapter, { scheduler }: Platform): void {
  const instance = adapter.getInstance();
  const { server } = instance;
  let isClosing = false;
  let timer: Timer | undefined;
  server.on('request', (_request, response) => {
    response.once('close', () => {
      // Idle is a connection only after this event.
      if (isClosing) scheduler.nextTurn(() => server.closeIdleConnections());
    });
  });
  instance.addHook('preClose', async () => {
    isClosing = true;
    timer = scheduler.setTimer(limits.drainMs, () => server.closeAllConnections());
  });
  instance.addHook('onClose', async () => timer?.cancel());
}
