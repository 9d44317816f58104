// DeleteAcls on a broker without an authorizer.
// Versions: 1-3.
// Behaviour: SECURITY_DISABLED for each filter, as Kafka answers without an authorizer.
// Not implemented: an authorizer.
// Sources: wire protocol notes §14; Kafka's AclApis.handleDeleteAcls.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const deleteAclsHandler = defineHandler({
  apiKey: ApiKey.deleteAcls,
  name: 'DeleteAcls',
  versions: { min: 1, max: 3 },
  handle({ filters }) {
    return {
      filterResults: filters.map(() => ({
        errorCode: ErrorCode.SECURITY_DISABLED,
        errorMessage: 'No Authorizer is configured.',
        matchingAcls: [],
      })),
    };
  },
});
