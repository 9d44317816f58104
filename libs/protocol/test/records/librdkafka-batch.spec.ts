import { describe, expect, it } from 'vitest';
import { forEachBatch, RecordBatchView } from '../../src/index.js';

// Written by librdkafka (kcat -P -K: -z <codec>) to its mock cluster and fetched from there: three records each.
const golden = {
  none: 'AAAAAAAAAAAAAAD6AAAAAAIp9hdyAAAAAAACAAABog41zz4AAAGiDjXPPv//////////////////AAAAA4IBAAAABGswcmRlbGF5ZWQgZGVsYXllZCBkZWxheWVkIGRlbGF5ZWQgZGVsYXllZCBkZWxheWVkIGRlbGF5ZWQgMACCAQAAAgRrMXJkZWxheWVkIGRlbGF5ZWQgZGVsYXllZCBkZWxheWVkIGRlbGF5ZWQgZGVsYXllZCBkZWxheWVkIDEAggEAAAQEazJyZGVsYXllZCBkZWxheWVkIGRlbGF5ZWQgZGVsYXllZCBkZWxheWVkIGRlbGF5ZWQgZGVsYXllZCAyAA==',
  gzip: 'AAAAAAAAAAAAAABvAAAAAAJXBuy8AAEAAAACAAABog410A8AAAGiDjXQD///////////////////AAAAAx+LCAAAAAAAAANrYmRgYGDJNihKSc1JrExNUSCVNmBoAhrBxJJtSLYRhmAjWFiyjcg2wogBAK/P+VnJAAAA',
  snappy:
    'AAAAAAAAAAAAAABkAAAAAAL1tXzFAAIAAAACAAABog410N8AAAGiDjXQ3///////////////////AAAAA8kBQIIBAAAABGswcmRlbGF5ZWQgvggABDAAAUMMAgRrMeJDAAAxBUMMBARrMuJDAAQyAA==',
  lz4: 'AAAAAAAAAAAAAAB1AAAAAAJeH8FRAAMAAAACAAABog410bUAAAGiDjXRtf//////////////////AAAAAwQiTRhgQII1AAAA/wKCAQAAAARrMHJkZWxheWVkIAgAHSAwAEMATwIEazFDACYRMUMATwQEazJDACNQZWQgMgAAAAAA',
  zstd: 'AAAAAAAAAAAAAABrAAAAAAK06hvKAAQAAAACAAABog410oYAAAGiDjXShv//////////////////AAAAAyi1L/0AWI0BACQCggEAAAAEazByZGVsYXllZCAwAIIBAAACBGsxMQQEazIyAAQABodAuDbCibaoLAE=',
};

describe('batches of librdkafka', () => {
  it.each(Object.entries(golden))('are read with codec %s', (codec, base64) => {
    const bytes = Buffer.from(base64, 'base64');
    const batches: RecordBatchView[] = [];
    expect(forEachBatch(bytes, (batch) => void batches.push(batch))).toBe(bytes.length);
    expect(batches).toHaveLength(1);
    const batch = new RecordBatchView(bytes);
    expect(batch.codec).toBe(codec);
    expect(batch.crcIsValid()).toBe(true);
    expect(
      batch.records().map(({ offset, key, value }) => [offset, String(key), String(value)]),
    ).toEqual([0, 1, 2].map((n) => [n, `k${n}`, `${'delayed '.repeat(7)}${n}`]));
  });
});
