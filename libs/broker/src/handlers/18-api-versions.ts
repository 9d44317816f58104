// ApiVersions: which APIs and versions this broker serves.
// Versions: 0-4; a higher one is answered in version 0 with UNSUPPORTED_VERSION (dispatcher).
// Behaviour: the list is derived from the registered handlers. From version 3 the client's software name and version are checked.
//   No features are advertised, so clients stay with classic groups and transactions V1.
// Not implemented: version 5 (cluster id and node id checks).
// Sources: wire protocol notes §4; KIP-511.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { advertisedApis } from '../advertised-apis.js';
import { defineHandler } from '../define-handler.js';

const softwareVersionMin = 3;
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/;

export const apiVersionsHandler = defineHandler({
  apiKey: ApiKey.apiVersions,
  name: 'ApiVersions',
  versions: { min: 0, max: 4 },
  handle(request, { broker, apiVersion }) {
    const { clientSoftwareName, clientSoftwareVersion } = request;
    const isLegal =
      apiVersion < softwareVersionMin ||
      (softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion));
    return {
      errorCode: isLegal ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST,
      apiKeys: isLegal ? advertisedApis(broker.handlers) : [],
    };
  },
  fail(_request, { code }) {
    return { errorCode: code, apiKeys: [] };
  },
});
