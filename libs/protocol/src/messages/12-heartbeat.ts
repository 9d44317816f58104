// Heartbeat: a member is alive. 1 throttle time; 3 static members; 4 flexible.

import { api, field } from '../codegen/descriptor.js';

export const heartbeat = api({
  key: 12,
  name: 'heartbeat',
  versions: '0-4',
  flexibleFrom: 4,
  request: [
    field('groupId', 'string', '0+'),
    field('generationId', 'int32', '0+'),
    field('memberId', 'string', '0+'),
    field('groupInstanceId', 'string', '3+', { nullable: '3+', default: null }),
  ],
  response: [field('throttleTimeMs', 'int32', '1+'), field('errorCode', 'int16', '0+')],
});
