// SaslAuthenticate: one step of SASL. 1 session lifetime; 2 flexible.

import { api, field } from '../codegen/descriptor.js';

export const saslAuthenticate = api({
  key: 36,
  name: 'saslAuthenticate',
  versions: '0-2',
  flexibleFrom: 2,
  request: [field('authBytes', 'bytes', '0+')],
  response: [
    field('errorCode', 'int16', '0+'),
    field('errorMessage', 'string', '0+', { nullable: '0+' }),
    field('authBytes', 'bytes', '0+'),
    field('sessionLifetimeMs', 'int64', '1+', { default: 0 }),
  ],
});
