// Runs one command under the product's Node with this process' terminal; signals and the exit code pass through.
import { spawn } from 'node:child_process';
import { productNode, root } from './setup.mjs';

/** Never returns: ends this process with the child's exit code (128 + signal number when a signal ended it). */
export function launch(args, options = {}) {
  const child = spawn(productNode(), args, {
    stdio: 'inherit',
    ...options,
    cwd: options.cwd ?? root,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends SIGINT to the whole group: the child decides, this process only waits for it.
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`drave: could not start Node: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 130)));
}
