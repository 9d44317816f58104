// Big-endian integers by index arithmetic, several times faster than DataView and Buffer methods. Protects: an int64 is a
// number only where it is exact (|value| < 2^53); anything else is a ProtocolError, never a rounded offset.
// Leaves out: bounds checks, which the callers do once per header.

import { ProtocolError } from '../protocol-error.js';

export function int16At(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number);
}

export function int32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

export function int64At(bytes: Uint8Array, at: number): number {
  const value = int32At(bytes, at) * 4294967296 + (int32At(bytes, at + 4) >>> 0);
  if (!Number.isSafeInteger(value)) {
    throw new ProtocolError(`int64 at byte ${at} is outside ±(2^53 - 1)`);
  }
  return value;
}

export function setInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function setInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Throws RangeError when `value` is not a safe integer: writing it would be a bug of the caller. */
export function setInt64(bytes: Uint8Array, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`int64 must be a safe integer, got ${value}`);
  }
  setInt32(bytes, at, Math.floor(value / 4294967296));
  setInt32(bytes, at + 4, value | 0);
}
