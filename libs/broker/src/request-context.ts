// What a handler knows besides its request: the broker, who asks, and whose the memory is; and the mark for "no answer".
// Protects: nothing here depends on how handlers are defined or dispatched. Leaves out: the handlers themselves (define-handler.ts).

import type { BrokerContext } from './broker-context.js';
import type { ClientInfo } from './client-info.js';

/** The handler sends nothing (acks=0). */
export const noResponse = Symbol('no-response');
export type NoResponse = typeof noResponse;

/** Whose the memory of a request and of its answer is. */
export interface RequestBuffers {
  /** Views of the request live on after the answer: its memory must not be used again. */
  keepFrame(): void;
  /** Calls back once nobody reads the chunks of the answer any more; `isSent` false when that is not certain. */
  whenSent(callback: (isSent: boolean) => void): void;
}

export interface RequestContext {
  readonly broker: BrokerContext;
  readonly client: ClientInfo;
  readonly buffers: RequestBuffers;
  readonly apiVersion: number;
  readonly clientId: string;
  /** Milliseconds the event loop was busy with the request until its handler first yielded; counted where a quota asks for it. */
  spentMs: number;
}
