import { describe, expect, it } from 'vitest';
import { requireCodec } from '../../src/records/codec-module.js';
import { optionalModule } from '../../src/records/optional-module.js';

describe('an optional package', () => {
  it('is loaded at the first use and only once', () => {
    let loads = 0;
    const module = optionalModule(() => ++loads);
    expect(loads).toBe(0);
    expect([module.get(), module.get(), loads]).toEqual([1, 1, 1]);
  });

  it('that is missing is tried once, and its codec is named in the error', () => {
    let attempts = 0;
    const module = optionalModule((require): unknown => {
      attempts++;
      return require('no-such-native-package');
    });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => requireCodec(module, 'lz4', 'lz4-napi')).toThrow(
        /codec lz4.*npm install lz4-napi/,
      );
    }
    expect(attempts).toBe(1);
    expect(module.failure).toMatchObject({ code: 'MODULE_NOT_FOUND' });
  });
});
