// The only source of chance. Simulated worlds derive it from their seed. Leaves out: cryptographic key material.

export interface Random {
  /** Uniform integer in [0, bound); bound is an integer in [1, 2^48]. */
  nextInt(bound: number): number;
  /** Uniform in [0, 1). */
  nextFloat(): number;
  /** `sizeBytes` random bytes; owned by the caller. */
  bytes(sizeBytes: number): Buffer;
  /** A version 4 UUID in its text form. */
  uuid(): string;
}
