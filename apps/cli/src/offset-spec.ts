// Where reading starts, as written on the command line.

export type OffsetSpec =
  | { readonly from: 'start'; readonly shift: number }
  | { readonly from: 'end'; readonly shift: number }
  | { readonly from: 'offset'; readonly offset: number }
  | { readonly from: 'time'; readonly timestampMs: number };

/** `start`, `end`, `N`, `-N` (N before the end), `+N` (N after the start), `@TIME`; undefined for anything else. */
export function parseOffsetSpec(text: string): OffsetSpec | undefined {
  if (text === 'start' || text === 'beginning') return { from: 'start', shift: 0 };
  if (text === 'end') return { from: 'end', shift: 0 };
  if (/^\d{1,15}$/.test(text)) return { from: 'offset', offset: Number(text) };
  if (/^-\d{1,15}$/.test(text)) return { from: 'end', shift: Number(text.slice(1)) };
  if (/^\+\d{1,15}$/.test(text)) return { from: 'start', shift: Number(text.slice(1)) };
  if (!text.startsWith('@')) return undefined;
  const time = text.slice(1);
  const timestampMs = /^\d+$/.test(time) ? Number(time) : Date.parse(time);
  return Number.isSafeInteger(timestampMs) ? { from: 'time', timestampMs } : undefined;
}
