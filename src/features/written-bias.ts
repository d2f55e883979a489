/** What each MLP writes whatever its units do: the down projection's bias, as it reaches the stream on this prompt. */
import { float32, tensor } from "../core/tensor.ts";
import type { Recording } from "../models/record.ts";

/** [layer][token, dModel], undefined where a layer has no such bias. */
export async function writtenBias(recording: Recording): Promise<(Float32Array<ArrayBuffer> | undefined)[]> {
  const { model, tokens, postScale } = recording;
  const { dModel, dMlp } = model.config;
  return Promise.all(
    Array.from({ length: model.layers }, async (_, layer) => {
      if (!model.reader.has("down.bias", layer) && !model.reader.has("postNorm2.bias", layer)) return undefined;
      const program = await model.program("writeFrozen", layer);
      const scale = postScale[layer];
      const out = await program.run({
        mid: tensor([1, tokens, dModel], new Float32Array(tokens * dModel)),
        hidden: tensor([1, tokens, dMlp], new Float32Array(tokens * dMlp)),
        ...(scale ? { "recorded.postNorm2.scale": tensor([1, tokens, 1], scale) } : {}),
      });
      return float32(out.out);
    }),
  );
}
