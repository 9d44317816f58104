// OpenTelemetry behind the Tracing port. Protects: `@opentelemetry/api` is loaded when this is called and at no other time; the tracer
// and the propagator are those the application registered. Leaves out: an SDK, which is the application's.

import type { SpanStart, TraceAttributes, TraceHeaders, TraceSpan, Tracing } from './tracing.js';

/** What is used of `@opentelemetry/api`, written out here so that types need no installed package. */
interface Api {
  readonly trace: {
    getTracer(name: string): Tracer;
    setSpan(context: Context, span: Span): Context;
    getSpan(context: Context): Span | undefined;
  };
  readonly context: {
    active(): Context;
    with<Result>(context: Context, work: () => Result): Result;
  };
  readonly propagation: {
    inject(context: Context, carrier: Record<string, string>): void;
    extract(context: Context, carrier: TraceHeaders): Context;
  };
  readonly ROOT_CONTEXT: Context;
  readonly SpanKind: Readonly<Record<'PRODUCER' | 'CONSUMER' | 'CLIENT', number>>;
  readonly SpanStatusCode: { readonly ERROR: number };
}
type Context = object;
interface Span {
  setAttributes(attributes: TraceAttributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  recordException(error: Error): void;
  end(): void;
}
interface Tracer {
  startSpan(
    name: string,
    options: { readonly kind: number; readonly attributes: TraceAttributes },
    context: Context,
  ): Span;
}

const packageName = '@opentelemetry/api';
const kinds = { producer: 'PRODUCER', consumer: 'CONSUMER', client: 'CLIENT' } as const;

/** Rejects when `@opentelemetry/api` is not installed. Until the application registers an SDK its spans go nowhere. */
export async function openTelemetry(): Promise<Tracing> {
  let api: Api;
  try {
    api = (await import(packageName)) as Api;
  } catch (cause) {
    throw new Error(`${packageName} cannot be loaded; npm install ${packageName}`, { cause });
  }
  return tracingOf(api);
}

function tracingOf(api: Api): Tracing {
  const tracer = api.trace.getTracer('drave');
  return {
    start({ name, kind, attributes, carrier, isRemote }: SpanStart): TraceSpan {
      const active = api.context.active();
      const hasParent = !isRemote && api.trace.getSpan(active) !== undefined;
      const parent = hasParent ? active : api.propagation.extract(api.ROOT_CONTEXT, carrier);
      const options = { kind: api.SpanKind[kinds[kind]], attributes };
      const span = tracer.startSpan(name, options, parent);
      return spanOf(api, span, api.trace.setSpan(parent, span));
    },
  };
}

function spanOf(api: Api, span: Span, context: Context): TraceSpan {
  return {
    headers() {
      const carrier: Record<string, string> = {};
      api.propagation.inject(context, carrier);
      return carrier;
    },
    run: (work) => api.context.with(context, work),
    set: (attributes) => void span.setAttributes(attributes),
    end(error) {
      if (error !== undefined) fail(api, span, error);
      span.end();
    },
  };
}

function fail({ SpanStatusCode }: Api, span: Span, error: unknown): void {
  const isError = error instanceof Error;
  const message = isError ? error.message : typeof error === 'string' ? error : 'failed';
  if (isError) span.recordException(error);
  span.setAttributes({ 'error.type': isError ? error.name : '_OTHER' });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
