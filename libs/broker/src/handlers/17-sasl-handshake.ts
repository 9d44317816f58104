// SaslHandshake on a listener without SASL.
// Versions: 0-1.
// Behaviour: always ILLEGAL_SASL_STATE without mechanisms; the connection stays open.
// Not implemented: SASL listeners.
// Sources: wire protocol notes §15; Kafka's KafkaApis.handleSaslHandshakeRequest.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const saslHandshakeHandler = defineHandler({
  apiKey: ApiKey.saslHandshake,
  name: 'SaslHandshake',
  versions: { min: 0, max: 1 },
  handle() {
    return { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] };
  },
});
