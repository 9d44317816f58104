// SaslAuthenticate on a listener without SASL.
// Versions: 0-2.
// Behaviour: always ILLEGAL_SASL_STATE; the token is neither read nor logged and the connection stays open.
// Not implemented: SASL listeners.
// Sources: wire protocol notes §15; Kafka's KafkaApis.handleSaslAuthenticateRequest.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

const message =
  'SaslAuthenticate was sent on a listener without SASL; connect without credentials.';

export const saslAuthenticateHandler = defineHandler({
  apiKey: ApiKey.saslAuthenticate,
  name: 'SaslAuthenticate',
  versions: { min: 0, max: 2 },
  handle() {
    return {
      errorCode: ErrorCode.ILLEGAL_SASL_STATE,
      errorMessage: message,
      authBytes: Buffer.alloc(0),
    };
  },
});
