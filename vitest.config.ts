import { defineConfig } from "vitest/config";

/** Test groups by what they need; `scripts/test.js` decides which of them this machine can run, and says so. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 300_000,
    // Also on two cores: half of a file's time is spent on one of them.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts", "**/*.real.test.ts", "**/*.postgres.test.ts", "node_modules/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["**/*.browser.test.ts"],
          exclude: ["node_modules/**"],
          testTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: "postgres",
          include: ["**/*.postgres.test.ts"],
          exclude: ["node_modules/**"],
          fileParallelism: false,
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: "real",
          include: ["**/*.real.test.ts"],
          exclude: ["node_modules/**"],
          fileParallelism: false,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
