// DescribeAcls on a broker without an authorizer.
// Versions: 1-3.
// Behaviour: always SECURITY_DISABLED, as Kafka answers without an authorizer; tools show "no ACLs" then.
// Not implemented: an authorizer.
// Sources: wire protocol notes §14; Kafka's AclApis.handleDescribeAcls.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';

export const describeAclsHandler = defineHandler({
  apiKey: ApiKey.describeAcls,
  name: 'DescribeAcls',
  versions: { min: 1, max: 3 },
  handle() {
    return {
      errorCode: ErrorCode.SECURITY_DISABLED,
      errorMessage: 'No Authorizer is configured on the broker',
      resources: [],
    };
  },
});
