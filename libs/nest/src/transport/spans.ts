// Spans of the transport: of a request until its last answer, of a handler's attempt, of a batch. Protects: each ends exactly once, with
// the error the caller sees or the handler threw; without a tracing nothing is made. Leaves out: sending (the client's producer does it);
// links from a batch to what its records belong to.

import {
  messagingAttributes,
  startProcess,
  traceHeadersOf,
  type TraceSpan,
  type Tracing,
} from '@drave/client';
import type { WritePacket } from '@nestjs/microservices';
import type { Delivery } from './delivery.js';

/** From asking to the last answer. */
export class RequestSpan {
  readonly #span: TraceSpan;
  #isOver = false;

  constructor(tracing: Tracing, topic: string) {
    this.#span = tracing.start({
      name: `request ${topic}`,
      kind: 'client',
      attributes: messagingAttributes('request', topic),
      carrier: {},
      isRemote: false,
    });
  }

  run(work: () => void): void {
    this.#span.run(work);
  }

  /** `callback`, which also ends the span with the last packet. */
  telling(callback: (packet: WritePacket) => void): (packet: WritePacket) => void {
    return (packet) => {
      if (packet.err !== undefined || packet.isDisposed) this.end(packet.err);
      callback(packet);
    };
  }

  /** Of a request nobody waits for any more without an error. */
  end(error?: unknown): void {
    if (!this.#isOver) this.#span.end(error);
    this.#isOver = true;
  }
}

interface Traced {
  readonly tracing: Tracing | undefined;
  readonly group: string;
}

/** What went wrong, also where the attempt counts as done because its client was told. */
export type NoteFailure = (error: unknown) => void;

const forgetFailure: NoteFailure = () => undefined;

/** One attempt at a record within its span; `work` tells what went wrong. Must not reject. */
export async function traceAttempt<Result>(
  { tracing, group }: Traced,
  { origin, headers }: Delivery,
  work: (note: NoteFailure) => Promise<Result>,
): Promise<Result> {
  if (!tracing) return work(forgetFailure);
  return within(startProcess(tracing, { ...origin, headers }, group), work);
}

/** The same for a batch; it begins a trace of its own, or goes on with its record's when it has one alone. */
export async function traceBatch<Result>(
  { tracing, group }: Traced,
  deliveries: readonly Delivery[],
  work: (note: NoteFailure) => Promise<Result>,
): Promise<Result> {
  const [first] = deliveries;
  if (!tracing || !first) return work(forgetFailure);
  const { topic } = first.origin;
  const span = tracing.start({
    name: `process ${topic}`,
    kind: 'consumer',
    attributes: {
      ...messagingAttributes('process', topic),
      'messaging.batch.message_count': deliveries.length,
      'messaging.consumer.group.name': group,
    },
    carrier: deliveries.length === 1 ? traceHeadersOf(first.headers) : {},
    isRemote: true,
  });
  return within(span, work);
}

async function within<Result>(
  span: TraceSpan,
  work: (note: NoteFailure) => Promise<Result>,
): Promise<Result> {
  let failure: { readonly error: unknown } | undefined;
  try {
    return await span.run(() => work((error) => (failure = { error })));
  } finally {
    span.end(failure && (failure.error ?? new Error('failed')));
  }
}
