// The one error for malformed bytes, whoever sent them. Protects: no other kind of throw leaves a codec because of its input,
// so a connection or a log can answer it in one place. Leaves out: Kafka's error codes (a handler chooses the code).

/** Bytes that break the protocol: truncated, out of range, corrupt or larger than the limit. Safe to show to the peer. */
export class ProtocolError extends Error {
  readonly code = 'ERR_PROTOCOL';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}
