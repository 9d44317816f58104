import { describe, expect, it } from 'vitest';
import { pinoLogger, silentLogger } from '@drave/platform';

describe('pinoLogger', () => {
  it('writes an event with its fields as JSON, children with theirs, below its level nothing', () => {
    const lines: string[] = [];
    const log = pinoLogger({ write: (line) => lines.push(line) });
    log.debug('unseen');
    log.child({ node: 1 }).info('segment-rolled', { tp: 'a-0', sizeBytes: 7 });
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 30,
      msg: 'segment-rolled',
      node: 1,
      tp: 'a-0',
      sizeBytes: 7,
    });
  });

  it('keeps the stack and the code of errors', () => {
    const lines: string[] = [];
    const log = pinoLogger({ write: (line) => lines.push(line) });
    log.error('disk-failed', { error: Object.assign(new Error('no space'), { code: 'ENOSPC' }) });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      error: { message: 'no space', code: 'ENOSPC', stack: expect.stringContaining('logger.spec') },
    });
  });

  it('writes short lines for people', () => {
    const lines: string[] = [];
    const log = pinoLogger({ pretty: true, level: 'debug', write: (line) => lines.push(line) });
    log.warn('disk-slow', { tookMs: 812, path: '/data/a', note: 'two words', list: [1] });
    log.error('bug', { error: new Error('broken') });
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}disk-slow tookMs=812 path=\/data\/a note="two words" list=\[1\]\n$/,
    );
    expect(lines[1]).toContain('error=Error: broken\n    at');
  });

  it('has a silent brother', () => {
    silentLogger.child({ a: 1 }).error('nothing');
  });
});
