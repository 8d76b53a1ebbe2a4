// Mocha's own "spec" output, and the counts as JSON in the file that MOCHA_COUNTS names: for a sum over several runs.
"use strict";
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

const LINGER_LIMIT_MS = 30_000;

// A class, since Mocha's own reporters can only be built upon by one.
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures } = runner.stats;
      if (process.env.MOCHA_COUNTS) {
        writeFileSync(process.env.MOCHA_COUNTS, JSON.stringify({ passed: passes, failed: failures }));
      }
      // Unreferenced, it fires only if something that a test left open keeps the process alive.
      setTimeout(() => {
        process.stderr.write(`left open by a test: ${process.getActiveResourcesInfo().join(", ")}\n`);
        process.exit(1);
      }, LINGER_LIMIT_MS).unref();
    });
  }
};
