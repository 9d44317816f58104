// Turns "the job queue does not answer" into 503. Protects: Redis being away is told as that, not as an internal error.

import { restErrorCodes } from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, throwError, type Observable } from 'rxjs';

@Injectable()
export class JobsAway implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) =>
        throwError(() => {
          // By name: the class comes with BullMQ, which may not be loaded.
          if (!(error instanceof Error) || error.name !== 'QueueUnavailableError') return error;
          const message =
            'the job queue does not answer: is Redis away? Jobs go on when it is back';
          return new RestError(restErrorCodes.jobsUnavailable, message, { cause: error });
        }),
      ),
    );
  }
}
