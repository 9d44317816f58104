// Who changed what over HTTP. Protects: told after the answer, refusals of a known caller too; never a token, a query or a body. Leaves
// out: reading, previews (`dryRun`, `validate_only`), callers who are not known, paths that are none; keeping it (the listener's).

import type { GuardedRequest, RequestGuard } from './request-guard.js';

export interface RestAction {
  /** Name of the token; `anonymous` where none is asked for. */
  readonly who: string;
  /** Address of the peer. */
  readonly host: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** `/api/v1/topics/:topic/purge` */
  readonly route: string;
  readonly status: number;
  readonly tookMs: number;
}

interface AuditedRequest extends GuardedRequest {
  readonly ip: string;
  readonly body?: unknown;
  readonly routeOptions: { readonly url?: string | undefined };
}
interface AuditedReply {
  readonly statusCode: number;
  readonly elapsedTime: number;
}
/** What this needs of Fastify. */
interface Hooks {
  addHook(
    name: 'preSerialization',
    hook: (request: AuditedRequest, reply: AuditedReply, payload: unknown) => Promise<unknown>,
  ): unknown;
  addHook(
    name: 'onResponse',
    hook: (request: AuditedRequest, reply: AuditedReply) => Promise<void>,
  ): unknown;
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function auditRequests(
  hooks: Hooks,
  guard: RequestGuard,
  onAction: (action: RestAction) => void,
): void {
  const previews = new WeakSet<object>();
  hooks.addHook('preSerialization', async (request, _reply, payload) => {
    const answer = payload as { readonly dryRun?: unknown } | null;
    if (answer?.dryRun === true) previews.add(request);
    return payload;
  });
  hooks.addHook('onResponse', async (request, reply) => {
    const { method, url, ip: host, routeOptions } = request;
    const route = routeOptions.url?.replaceAll('::', ':');
    if (readingMethods.has(method) || route === undefined || isPreview(request, previews)) return;
    const who = guard.callerOf(request);
    if (who === undefined) return;
    const path = url.split('?')[0] ?? url;
    const tookMs = Math.round(reply.elapsedTime);
    onAction({ who, host, method, path, route, status: reply.statusCode, tookMs });
  });
}

function isPreview(request: AuditedRequest, previews: WeakSet<object>): boolean {
  const body = request.body as { readonly validate_only?: unknown } | null | undefined;
  return previews.has(request) || body?.validate_only === true;
}
