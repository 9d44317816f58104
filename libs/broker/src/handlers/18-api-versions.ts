// ApiVersions: which APIs and versions this broker serves.
// Versions: 0-4; a higher one is answered in version 0 with UNSUPPORTED_VERSION (dispatcher).
// Behaviour: the list is derived from the registered handlers. From version 3 the client's software name and version are checked.
//   Of the features group.version 1 (consumer groups) is finalized; without transaction.version clients stay with transactions V1.
// Not implemented: version 5 (cluster id and node id checks).
// Sources: wire protocol notes §4; KIP-511.

import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { advertisedApis } from '../advertised-apis.js';
import { defineHandler } from '../define-handler.js';

const softwareVersionMin = 3;
const noEpoch = -1;
/** Features are those of this version of the broker and cannot be changed while it runs. */
const finalizedFeaturesEpoch = 0;
const supportedFeatures = Object.freeze([{ name: 'group.version', minVersion: 0, maxVersion: 1 }]);
const finalizedFeatures = Object.freeze([
  { name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 },
]);
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
      apiKeys: isLegal ? advertisedApis(broker.apis) : [],
      // Clients of version 3 do not understand a feature that may be absent (minimum 0).
      supportedFeatures: isLegal && apiVersion > softwareVersionMin ? supportedFeatures : [],
      finalizedFeaturesEpoch: isLegal ? finalizedFeaturesEpoch : noEpoch,
      finalizedFeatures: isLegal ? finalizedFeatures : [],
    };
  },
  fail(_request, { code }) {
    return { errorCode: code, apiKeys: [] };
  },
});
