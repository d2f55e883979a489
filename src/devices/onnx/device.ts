/**
 * Programs on onnxruntime. The runtime is handed in, so the same code drives the Node and the browser build, and
 * whatever execution provider the user has.
 */
import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from "onnxruntime-common";
import { leavesOf } from "../../core/expr.ts";
import { internal } from "../../core/problem.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Device } from "../device.ts";
import { lower } from "./lower.ts";

/** The two things that we need of onnxruntime. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

export interface OnnxOptions {
  readonly executionProviders?: readonly string[];
  /** Threads for one op; the runtime's own choice when left out. */
  readonly threads?: number;
}

export function onnxDevice(runtime: Runtime, options: OnnxOptions = {}): Device {
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [...(options.executionProviders ?? ["cpu"])],
    graphOptimizationLevel: "all",
    // With a session a layer, spinning thread pools take the cores from each other: 17 ms a call instead of 0.5.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    logSeverityLevel: 3,
    ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
  };
  const toOrt = (t: Tensor): OrtTensor => {
    if (t.data instanceof Int32Array) return new runtime.Tensor("int32", t.data, t.shape as number[]);
    const data = t.data instanceof Float32Array ? t.data : Float32Array.from(t.data);
    return new runtime.Tensor("float32", data, t.shape as number[]);
  };
  return {
    name: "onnx",
    async compile(outputs, weights, sizes) {
      const inputs = [...leavesOf(outputs).inputs.keys()];
      const session = await runtime.InferenceSession.create(lower(outputs, weights), {
        ...sessionOptions,
        ...(sizes ? { freeDimensionOverrides: sizes } : {}),
      });
      return {
        inputs,
        async run(given, wanted = Object.keys(outputs)) {
          const feeds: Record<string, OrtTensor> = {};
          for (const name of inputs) {
            const t = given[name];
            if (!t) throw internal(`nothing was given for "${name}"`);
            feeds[name] = toOrt(t);
          }
          const results = await session.run(
            feeds,
            wanted.map(name => `out.${name}`),
          );
          return Object.fromEntries(
            wanted.map(name => {
              const t = results[`out.${name}`]!;
              return [name, { shape: t.dims, data: t.data as Float32Array<ArrayBuffer> }];
            }),
          );
        },
        async release() {
          await session.release();
        },
      };
    },
  };
}
