// What calls reject with after close: not an answer of a broker, so not a KafkaError.

export class ClientClosedError extends Error {
  readonly code = 'ERR_CLIENT_CLOSED';

  constructor(what: string) {
    super(`the ${what} is closed; make a new one`);
    this.name = 'ClientClosedError';
  }
}
