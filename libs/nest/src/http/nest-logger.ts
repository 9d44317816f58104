// Nest's messages in Drave's log. Nest tells about every module and route it maps; that is `debug` here.

import type { Logger } from '@drave/platform';
import type { LoggerService } from '@nestjs/common';

export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      logger[level]('nest', { message, ...(typeof context === 'string' ? { context } : {}) });
    };
  return {
    log: write('debug'),
    debug: write('debug'),
    verbose: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('error'),
  };
}
