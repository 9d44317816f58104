// Turns whatever was thrown on the way into `{error_code, message}`. Protects: no stack trace and no unexpected text leaves; a known
// path with a wrong method answers 405 with the methods it has. Leaves out: errors before routing (http-application.ts).

import { restErrorCodes } from '@drave/contracts/rest';
import type { Logger } from '@drave/platform';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { errorAnswerOf, RestError, restErrorOf } from './rest-error.js';
import type { RouteTable } from './route-table.js';

/** What the filter needs of a Fastify request and reply. */
interface Request {
  readonly method: string;
  readonly url: string;
}
interface Reply {
  readonly sent: boolean;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  type(contentType: string): Reply;
  send(body: unknown): Reply;
}

const codes = restErrorCodes;
const codeByStatus: Readonly<Record<number, number>> = {
  404: codes.unknownRoute,
  413: codes.bodyTooLarge,
  414: codes.uriTooLong,
  415: codes.unsupportedMediaType,
};

/** Tasks on the move: over within about the life of a lease. */
const soonPast: ReadonlySet<number> = new Set([codes.notQueryable, codes.ownerUnreachable]);

@Catch()
export class RestErrorFilter implements ExceptionFilter {
  readonly #logger: Logger;
  readonly #routes: RouteTable;

  constructor(options: { readonly logger: Logger; readonly routes: RouteTable }) {
    this.#logger = options.logger;
    this.#routes = options.routes;
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const reply = host.switchToHttp().getResponse<Reply>();
    const error = this.#judge(exception, request);
    if (error.status >= 500) {
      const { method, url } = request;
      this.#logger.error('rest-request-failed', { method, url, error: error.cause ?? error });
    }
    if (reply.sent) return;
    if (error.errorCode === codes.methodNotAllowed) {
      reply.header('allow', this.#routes.methodsOf(request.url).join(', '));
    }
    if (soonPast.has(error.errorCode)) reply.header('retry-after', '1');
    const { contentType, body } = errorAnswerOf(error, request.url);
    reply.code(error.status).type(contentType).send(body);
  }

  #judge(exception: unknown, request: Request): RestError {
    if (exception instanceof RestError) return exception;
    const status = statusOf(exception);
    if (status === 404) return this.#unknownRoute(request);
    if (status !== undefined && status >= 400 && status < 500) {
      const code = codeByStatus[status] ?? status * 100 + 1;
      return new RestError(status === 400 ? codes.malformedBody : code, messageOf(exception));
    }
    return restErrorOf(exception);
  }

  #unknownRoute({ method, url }: Request): RestError {
    const path = url.split('?')[0] ?? url;
    const methods = this.#routes.methodsOf(url);
    if (methods.length === 0) {
      return new RestError(
        codes.unknownRoute,
        `there is nothing at ${path}; GET / lists what there is`,
      );
    }
    return new RestError(
      codes.methodNotAllowed,
      `${method} is not possible at ${path}, only ${methods.join(', ')}`,
    );
  }
}

/** Of Nest's own exceptions and of Fastify's errors, which carry `statusCode`. */
function statusOf(exception: unknown): number | undefined {
  if (exception instanceof HttpException) return exception.getStatus();
  const status: unknown = (exception as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function messageOf(exception: unknown): string {
  return exception instanceof Error ? exception.message : 'the request cannot be understood';
}
