// Vitest reporter whose only output is the run's last line: `N passed, N failed` (`, N skipped`).
// CI reads that line, so it counts truthfully: files that did not load, suites with hook errors, unhandled errors,
// an interrupted or an empty run all count as failed. It is printed at exit, because coverage prints after the run.

export default class SummaryReporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  #ended = false;

  onInit() {
    process.once('exit', (code) => {
      let failed = this.#failed;
      if (!this.#ended || this.#passed + failed === 0 || (code !== 0 && failed === 0)) failed += 1;
      if (failed > 0 && !process.exitCode) process.exitCode = 1;
      const skipped = this.#skipped > 0 ? `, ${this.#skipped} skipped` : '';
      process.stdout.write(`${this.#passed} passed, ${failed} failed${skipped}\n`);
    });
  }

  onTestRunEnd(modules, unhandledErrors, reason) {
    this.#ended = reason !== 'interrupted';
    this.#failed += unhandledErrors.length;
    for (const module of modules) {
      this.#failed += module.errors().length;
      for (const suite of module.children.allSuites()) this.#failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') this.#passed += 1;
        else if (state === 'failed') this.#failed += 1;
        else this.#skipped += 1;
      }
    }
  }
}
