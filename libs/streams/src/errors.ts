// Errors the processor raises. Protects: a user sees which record and which node, and what to do about it.

/** Malformed input: thrown by serdes; the source's `onMalformed` decides what happens to the record. */
export class MalformedRecordError extends Error {
  readonly code = 'ERR_DRAVE_MALFORMED';
  /** Short kebab-case class of the fault, e.g. `broken-json`; becomes the dead letter's error class. */
  readonly errorClass: string;

  constructor(errorClass: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MalformedRecordError';
    this.errorClass = errorClass;
  }
}

/** A topology that cannot work; the message says which operator and what to change. */
export class TopologyError extends Error {
  readonly code = 'ERR_DRAVE_TOPOLOGY';

  constructor(message: string) {
    super(message);
    this.name = 'TopologyError';
  }
}

/** User code failed on a record and the source says `onError: 'fail'`: the task stops and its supervisor decides. */
export class TaskFailure extends Error {
  readonly code = 'ERR_DRAVE_TASK';
  readonly taskId: string;

  constructor(taskId: string, message: string, options?: ErrorOptions) {
    super(`task ${taskId}: ${message}`, options);
    this.name = 'TaskFailure';
    this.taskId = taskId;
  }
}

/** The class of an error as dead letters and metrics name it. */
export function errorClassOf(error: unknown): string {
  if (error instanceof MalformedRecordError) return error.errorClass;
  return error instanceof Error ? error.name : 'Error';
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
