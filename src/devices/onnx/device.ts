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

/** Most memory kept for writing the next model down. */
const KEPT_BYTES = 32 * 2 ** 20;

export function onnxDevice(runtime: Runtime, options: OnnxOptions = {}): Device {
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [...(options.executionProviders ?? ["cpu"])],
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
  // The runtime copies a model while it makes the session, so the next one may be written over it.
  const spare: Uint8Array[] = [];
  return {
    name: "onnx",
    async compile(outputs, weights, sizes) {
      const inputs = [...leavesOf(outputs).inputs.keys()];
      let memory: Uint8Array | undefined;
      const model = lower(outputs, weights, bytes => {
        memory = spare.pop();
        if (!memory || memory.length < bytes) memory = new Uint8Array(bytes);
        return memory;
      });
      const session = await runtime.InferenceSession.create(model, {
        ...sessionOptions,
        // An arena for each of hundreds of sessions would keep the largest batch that each has seen: a gigabyte for a
        // trace of SmolLM2; the C library's own heap is shared by all. A program of one size that runs thousands of
        // times (a training step) needs the same memory again each time: there the arena saves a fifth of the time.
        enableCpuMemArena: sizes !== undefined,
        // The higher levels find nothing more to fuse in our graphs, and hundreds of sessions are a sixth longer in the
        // making; what runs thousands of times gets them all the same.
        graphOptimizationLevel: sizes ? "all" : "basic",
        ...(sizes ? { freeDimensionOverrides: sizes } : {}),
      });
      if (spare.length === 0 && memory!.length <= KEPT_BYTES) spare.push(memory!);
      return {
        inputs,
        async run(given, wanted = Object.keys(outputs), into = {}) {
          const feeds: Record<string, OrtTensor> = {};
          for (const name of inputs) {
            const t = given[name];
            if (!t) throw internal(`nothing was given for "${name}"`);
            feeds[name] = toOrt(t);
          }
          const fetches = wanted.map(name => [`out.${name}`, into[name] ? toOrt(into[name]) : null] as const);
          const results = await session.run(feeds, Object.fromEntries(fetches));
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
