// ApiVersions: what a broker speaks. 3 flexible, client software, features in tags. The response header is always version 0.

import { api, field, list } from '../codegen/descriptor.js';

export const apiVersions = api({
  key: 18,
  name: 'apiVersions',
  versions: '0-4',
  flexibleFrom: 3,
  request: [
    field('clientSoftwareName', 'string', '3+'),
    field('clientSoftwareVersion', 'string', '3+'),
  ],
  response: [
    field('errorCode', 'int16', '0+'),
    list('apiKeys', '0+', [
      field('apiKey', 'int16', '0+'),
      field('minVersion', 'int16', '0+'),
      field('maxVersion', 'int16', '0+'),
    ]),
    field('throttleTimeMs', 'int32', '1+'),
    list(
      'supportedFeatures',
      '3+',
      [
        field('name', 'string', '3+'),
        field('minVersion', 'int16', '3+'),
        field('maxVersion', 'int16', '3+'),
      ],
      { tag: 0 },
    ),
    field('finalizedFeaturesEpoch', 'int64', '3+', { tag: 1, default: -1 }),
    list(
      'finalizedFeatures',
      '3+',
      [
        field('name', 'string', '3+'),
        field('maxVersionLevel', 'int16', '3+'),
        field('minVersionLevel', 'int16', '3+'),
      ],
      { tag: 2 },
    ),
    field('zkMigrationReady', 'bool', '3+', { tag: 3, default: false }),
  ],
});
