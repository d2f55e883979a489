/** Kinds of test, each in a file. */
import type { Finding } from "../finding.ts";
import type { Scene } from "../scene.ts";
import type { Test } from "../study.ts";
import { swapTest } from "./swap.ts";

export function runTest(test: Test, scene: Scene): Promise<Finding[]> {
  switch (test.test) {
    case "swap":
      return swapTest(test, scene);
    default:
      throw new Error("not yet");
  }
}
