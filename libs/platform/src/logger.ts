// Structured log: an event name from the catalogue plus an object. Leaves out: transports and formats (pino in apps).

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  /** Wanted tomorrow. Never per record or request. */
  info(event: string, fields?: LogFields): void;
  /** Act some day. */
  warn(event: string, fields?: LogFields): void;
  /** Act now. */
  error(event: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line. */
  child(fields: LogFields): Logger;
}

/** Drops everything; the default of libraries. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
