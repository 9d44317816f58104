// Where HTTP may listen. Protects: nothing listens beyond this machine without a token, unless that was asked for, and then the log
// keeps saying so. Leaves out: TLS, without which tokens beyond loopback travel readable (the log says that too).

import type { Logger, Scheduler } from '@drave/platform';

/** `none`: this machine alone; `tokens`: the network, who has a token; `open`: the network, everybody. */
export type Exposure = 'none' | 'tokens' | 'open';

const warningIntervalMs = 60_000;
const loopbackV4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** How far `host` exposes the server. Throws with `code` ERR_NOT_LOOPBACK when that was neither secured nor asked for. */
export function exposureOf(
  host: string,
  options: { readonly tokens?: readonly unknown[]; readonly insecureListen?: boolean },
): Exposure {
  if (host === 'localhost' || host === '::1' || loopbackV4.test(host)) return 'none';
  if (options.tokens && options.tokens.length > 0) return 'tokens';
  if (options.insecureListen) return 'open';
  const sentence = `listening on ${host} would let everybody in the network administer the cluster without a password; listen on 127.0.0.1, set tokens (DRAVE_TOKENS or DRAVE_TOKENS_FILE), or allow it explicitly (--insecure-listen)`;
  throw Object.assign(new Error(sentence), { code: 'ERR_NOT_LOOPBACK' });
}

/** Warns once of tokens in the clear, every minute of a server open to everybody; returns what ends the warnings. */
export function warnOfExposure(
  exposure: Exposure,
  context: { readonly url: string; readonly logger: Logger; readonly scheduler: Scheduler },
): () => void {
  const { url, logger, scheduler } = context;
  if (exposure === 'none') return () => undefined;
  if (exposure === 'tokens') {
    logger.warn('http-without-tls', { url, advice: 'put a proxy with TLS before it' });
    return () => undefined;
  }
  const warn = (): void => {
    logger.warn('insecure-listener', { url });
    timer = scheduler.setTimer(warningIntervalMs, warn);
  };
  let timer = scheduler.setTimer(warningIntervalMs, warn);
  logger.warn('insecure-listener', { url });
  return () => timer.cancel();
}
