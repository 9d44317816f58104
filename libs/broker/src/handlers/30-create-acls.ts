// CreateAcls on a broker without an authorizer.
// Versions: 1-3.
// Behaviour: SECURITY_DISABLED for each ACL asked for, as Kafka answers without an authorizer.
// Not implemented: an authorizer.
// Sources: wire protocol notes §14; Kafka's AclApis.handleCreateAcls.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const createAclsHandler = defineHandler({
  apiKey: ApiKey.createAcls,
  name: 'CreateAcls',
  versions: { min: 1, max: 3 },
  handle({ creations }) {
    return {
      results: creations.map(() => ({
        errorCode: ErrorCode.SECURITY_DISABLED,
        errorMessage: 'No Authorizer is configured.',
      })),
    };
  },
});
