/** Kinds of test, each in a file. */
import type { Finding } from "../finding.ts";
import type { Scene } from "../scene.ts";
import type { Test } from "../study.ts";
import { auditTest } from "./audit.ts";
import { calibrationTest } from "./calibration.ts";
import { carryTest } from "./carry.ts";
import { headsTest } from "./heads.ts";
import { operandsTest } from "./operands.ts";
import { probeTest } from "./probe.ts";
import { sharingTest } from "./sharing.ts";
import { sourceTest } from "./source.ts";
import { swapTest } from "./swap.ts";

export function runTest(test: Test, scene: Scene): Promise<Finding[]> {
  switch (test.test) {
    case "swap":
      return swapTest(test, scene);
    case "carry":
      return carryTest(test, scene);
    case "heads":
      return headsTest(test, scene);
    case "probe":
      return probeTest(test, scene);
    case "source":
      return sourceTest(test, scene);
    case "sharing":
      return sharingTest(test, scene);
    case "operands":
      return operandsTest(test, scene);
    case "calibration":
      return calibrationTest(test, scene);
    case "audit":
      return auditTest(test, scene);
  }
}
