// SaslHandshake: choice of the SASL mechanism. Never flexible; 0 is followed by raw tokens, 1 by SaslAuthenticate.

import { api, field } from '../codegen/descriptor.js';

export const saslHandshake = api({
  key: 17,
  name: 'saslHandshake',
  versions: '0-1',
  flexibleFrom: null,
  request: [field('mechanism', 'string', '0+')],
  response: [field('errorCode', 'int16', '0+'), field('mechanisms', '[]string', '0+')],
});
