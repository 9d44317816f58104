// The errors of queue operations, with BullMQ's numeric codes, so that its classes and users can branch on `code`.

import { ErrorCode, UnrecoverableError } from 'bullmq';

export interface JobErrorFacts {
  readonly id?: string | undefined;
  readonly command: string;
  readonly state?: string;
  readonly parentKey?: string | undefined;
}

export function jobError(code: ErrorCode, facts: JobErrorFacts): Error & { code: number } {
  const text = `${message(code, facts)}. ${facts.command}`;
  const error =
    code === ErrorCode.JobHasFailedChildren ? new UnrecoverableError(text) : new Error(text);
  return Object.assign(error, { code: code as number });
}

function message(code: ErrorCode, { id, state, parentKey, command }: JobErrorFacts): string {
  switch (code) {
    case ErrorCode.JobNotExist:
      return `Missing key for job ${id}`;
    case ErrorCode.JobLockNotExist:
      return `Missing lock for job ${id}`;
    case ErrorCode.JobNotInState:
      return `Job ${id} is not in the ${state} state`;
    case ErrorCode.JobPendingChildren:
      return `Job ${id} has pending dependencies`;
    case ErrorCode.ParentJobNotExist:
      return `Missing key for parent job ${parentKey}`;
    case ErrorCode.JobLockMismatch:
      return `Lock mismatch for job ${id}. Cmd ${command} from ${state}`;
    case ErrorCode.ParentJobCannotBeReplaced:
      return `The parent job ${parentKey} cannot be replaced`;
    case ErrorCode.JobBelongsToJobScheduler:
      return `Job ${id} belongs to a job scheduler and cannot be removed directly`;
    case ErrorCode.JobHasFailedChildren:
      return `Cannot complete job ${id} because it has at least one failed child`;
    case ErrorCode.SchedulerJobIdCollision:
      return 'Cannot create job scheduler iteration - job ID already exists';
    case ErrorCode.SchedulerJobSlotsBusy:
      return 'Cannot create job scheduler iteration - current and next time slots already have jobs';
    default:
      return `Unknown code ${String(code)} error for ${id}`;
  }
}
