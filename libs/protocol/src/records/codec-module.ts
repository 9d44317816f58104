// The error for a codec whose native package is missing here. Protects: the user reads which codec and what to do.

import { type OptionalModule } from './optional-module.js';

/** The loaded package, or an Error with code ERR_CODEC_UNAVAILABLE that names the codec. */
export function requireCodec<T>(module: OptionalModule<T>, codec: string, packageName: string): T {
  const loaded = module.get();
  if (loaded !== undefined) return loaded;
  throw Object.assign(
    new Error(
      `The codec ${codec} is not available: the package ${packageName} could not be loaded. ` +
        `Install it for this platform (npm install ${packageName}), or use gzip or zstd.`,
      { cause: module.failure },
    ),
    { code: 'ERR_CODEC_UNAVAILABLE' },
  );
}
