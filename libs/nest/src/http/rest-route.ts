// What the OpenAPI document says about a route, next to the route. Leaves out: path and method, which Nest's decorators say.

import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

export interface RestRouteDoc {
  readonly tag: string;
  readonly summary: string;
  /** Schema of the body of a success; absent: no body. */
  readonly answer?: z.ZodType;
  /** Status of a success; default 200. */
  readonly status?: number;
  /** Content type of a success that is not JSON. */
  readonly answerType?: string;
  /** Other content types of a success, for those who ask for them; texts. */
  readonly alsoAnswers?: readonly string[];
  /** Further answers by status that are no plain errors. */
  readonly otherAnswers?: Readonly<Record<number, z.ZodType>>;
  /** Schema of the request's body. */
  readonly body?: z.ZodType;
  /** Schema of the query, an object. */
  readonly query?: z.ZodType;
  /** Statuses of errors besides 400 and 500, which every route may answer. */
  readonly errors?: readonly number[];
}

export const REST_ROUTE = 'drave:rest-route';

/** Describes a route for `/openapi.json`. */
export function RestRoute(doc: RestRouteDoc): MethodDecorator {
  return SetMetadata(REST_ROUTE, doc);
}
