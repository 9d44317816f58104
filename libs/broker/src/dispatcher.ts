// From a frame to the handler of its API key. Protects: unknown keys and versions never reach a decoder.
// Differs for ApiVersions alone: a version above ours is answered in version 0 with error 35 (KIP-511), body unread.
// Leaves out: authorization, quotas. Source: wire protocol notes, §3 and §4.

import { KafkaError } from '@drave/contracts';
import { ApiKey, decodeRequestHeader, encodeResponse } from '@drave/protocol';
import { advertisedApis } from './advertised-apis.js';
import type { BrokerContext } from './broker-context.js';
import { CloseConnection, type Answer, type Handler } from './define-handler.js';
import type { ClientInfo } from './client-info.js';
import type { RequestBuffers } from './request-context.js';

const unknownTraits = Object.freeze({ isExclusive: false, freesFrame: false });
const unsupportedVersion = new KafkaError('UNSUPPORTED_VERSION').code;

export class Dispatcher {
  readonly #broker: BrokerContext;
  readonly #handlers: readonly (Handler | undefined)[];

  constructor(broker: BrokerContext, handlers: readonly Handler[]) {
    this.#broker = broker;
    const byKey: (Handler | undefined)[] = [];
    for (const handler of handlers) byKey[handler.apiKey] = handler;
    this.#handlers = byKey;
  }

  /** Whether the frame must wait for its like on the same connection to be answered. */
  isExclusive(frame: Buffer): boolean {
    return this.#handlers[frame.readInt16BE(0)]?.isExclusive ?? false;
  }

  /** What the connection has to know of the frame's API. */
  traits(frame: Buffer): { readonly isExclusive: boolean; readonly freesFrame: boolean } {
    return this.#handlers[frame.readInt16BE(0)] ?? unknownTraits;
  }

  /** Starts the request. Throws or rejects when its connection has to be closed; frames have at least 8 bytes. */
  dispatch(frame: Buffer, client: ClientInfo, buffers: RequestBuffers): Answer | Promise<Answer> {
    const apiKey = frame.readInt16BE(0);
    const apiVersion = frame.readInt16BE(2);
    const handler = this.#handlers[apiKey];
    if (!handler) throw new CloseConnection(`unknown API key ${apiKey}`);
    const { min, max } = handler.versions;
    if (apiVersion < min || apiVersion > max) {
      if (apiKey === ApiKey.apiVersions) return this.#answerApiVersions(frame.readInt32BE(4));
      throw new CloseConnection(`${handler.name} version ${apiVersion} is not ${min} to ${max}`);
    }
    const { header, bodyStart } = decodeRequestHeader(frame);
    this.#broker.counters.countRequest(apiKey, apiVersion);
    return handler.answer(frame, bodyStart, header, {
      broker: this.#broker,
      client,
      buffers,
      apiVersion,
      clientId: header.clientId ?? '',
      spentMs: 0,
    });
  }

  #answerApiVersions(correlationId: number): Answer {
    return encodeResponse(ApiKey.apiVersions, 0, correlationId, {
      errorCode: unsupportedVersion,
      apiKeys: advertisedApis(this.#broker.apis),
    });
  }
}
