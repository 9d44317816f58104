// One stream application as a module is told of it. Leaves out: applications as classes (stream-app.ts).

import type { StreamsAppOptions } from '@drave/streams';

/** What differs between the applications of one module. */
export type StreamsApplication = Pick<StreamsAppOptions, 'applicationId' | 'topology'> &
  Partial<Omit<StreamsAppOptions, 'platform' | 'brokers' | 'stateDirectory'>>;
