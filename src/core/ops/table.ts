/** Every op there is. Adding one is its file, its row here, and its cases in `ops.test.ts`. */
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { activationOp, ratioOp, slopeOp } from "./activation.ts";
import { addOp } from "./add.ts";
import { centreOp } from "./centre.ts";
import { concatOp } from "./concat.ts";
import { crossEntropyOp, crossEntropyPullOp } from "./cross-entropy.ts";
import { embedOp, scatterOp } from "./embed.ts";
import { inverseRmsOp } from "./inverse-rms.ts";
import { aboveOp, jumpReluOp, windowOp } from "./jump-relu.ts";
import { linearOp } from "./linear.ts";
import { logSoftmaxOp } from "./log-softmax.ts";
import { matmulOp } from "./matmul.ts";
import { mulOp } from "./mul.ts";
import { padOp } from "./pad.ts";
import { pickOp, placeOp } from "./pick.ts";
import { reshapeOp } from "./reshape.ts";
import { inverseOp, rootOp } from "./root.ts";
import { rotaryOp } from "./rotary.ts";
import { scaleOp } from "./scale.ts";
import { sliceOp } from "./slice.ts";
import { softCapOp } from "./soft-cap.ts";
import { softmaxOp } from "./softmax.ts";
import { stretchToOp } from "./stretch-to.ts";
import { sumToOp } from "./sum-to.ts";
import { tapOp } from "./tap.ts";
import { topKMaskOp } from "./top-k.ts";
import { transposeOp } from "./transpose.ts";

export const ops: ReadonlyMap<string, Op> = new Map(
  [
    aboveOp,
    activationOp,
    addOp,
    centreOp,
    concatOp,
    crossEntropyOp,
    crossEntropyPullOp,
    embedOp,
    inverseOp,
    inverseRmsOp,
    jumpReluOp,
    linearOp,
    logSoftmaxOp,
    matmulOp,
    mulOp,
    padOp,
    pickOp,
    placeOp,
    ratioOp,
    reshapeOp,
    rootOp,
    rotaryOp,
    scaleOp,
    scatterOp,
    sliceOp,
    slopeOp,
    softCapOp,
    softmaxOp,
    stretchToOp,
    sumToOp,
    tapOp,
    topKMaskOp,
    transposeOp,
    windowOp,
  ].map(op => [op.name, op]),
);

export function opOf(name: string): Op {
  const op = ops.get(name);
  if (!op) throw internal(`no op is called "${name}"`);
  return op;
}
