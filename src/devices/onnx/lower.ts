/** The lowering: a program as an ONNX model. Each op spells itself; here the names, the weights and the ends are kept. */
import { type Expr, nameOf, type Outputs, topological } from "../../core/expr.ts";
import type { Emitter } from "../../core/op.ts";
import { opOf } from "../../core/ops/table.ts";
import { internal } from "../../core/problem.ts";
import type { Given } from "../device.ts";
import { encodeModel, FLOAT, type GraphProto, INT32, INT64, type NodeProto } from "./proto.ts";

type AttrValue = number | string | readonly number[];

function attribute(name: string, value: AttrValue): NodeProto["attribute"][number] {
  if (typeof value === "string") return { name, type: 3, s: new TextEncoder().encode(value) };
  if (typeof value !== "number") return { name, type: 7, ints: value };
  return { name, type: 2, i: value };
}

/** Attributes that ONNX declares as floats; a whole number alone would be taken for an int. */
const floats = new Set(["alpha"]);

export function lower(outputs: Outputs, weights: Given, memory?: (bytes: number) => Uint8Array): Uint8Array {
  const graph: GraphProto = { node: [], initializer: [], input: [], output: [] };
  const names = new Map<Expr, string>();
  const constants = new Map<string, string>();
  let count = 0;

  const constant = (key: string, dataType: number, dims: readonly number[], data: ArrayBufferView): string => {
    const had = constants.get(key);
    if (had) return had;
    const name = `c${constants.size}`;
    constants.set(key, name);
    graph.initializer.push({
      name,
      dims,
      dataType,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return name;
  };

  const emit: Emitter = {
    node: (type, inputs, attrs, domain) => emit.nodes(type, inputs, 1, attrs, domain)[0]!,
    nodes(type, inputs, results, attrs = {}, domain) {
      const output = Array.from({ length: results }, () => `v${count++}`);
      graph.node.push({
        opType: type,
        input: [...inputs],
        output,
        attribute: Object.entries(attrs).map(([name, v]) =>
          floats.has(name) ? { name, type: 1, f: v as number } : attribute(name, v),
        ),
        ...(domain ? { domain } : {}),
      });
      return output;
    },
    ints: values => constant(`i${values.join()}`, INT64, [values.length], BigInt64Array.from(values, BigInt)),
    float: v => constant(`f${v}`, FLOAT, [], Float32Array.of(v)),
    reshapeTo(from, to) {
      // 0 copies the size at the same place; one -1 is worked out. Our shapes never need more.
      let inferred = 0;
      const spelled = to.map((dim, i) => {
        if (typeof dim === "number") return dim;
        if (from[i] === dim) return 0;
        inferred++;
        return -1;
      });
      if (inferred > 1) throw internal(`a reshape from [${from.join()}] to [${to.join()}] leaves two sizes open`);
      return emit.ints(spelled);
    },
  };

  for (const e of topological(Object.values(outputs))) {
    const name =
      e.op === "scalar"
        ? emit.float(e.attrs.value as number)
        : e.op === "input" || e.op === "weight"
          ? nameOf(e)
          : opOf(e.op).lower(
              emit,
              e.args.map(a => names.get(a)!),
              e,
            );
    names.set(e, name);
    if (e.op === "input" && !graph.input.some(had => had.name === name))
      graph.input.push({ name, elemType: e.ints ? INT32 : FLOAT, shape: e.shape });
    if (e.op === "weight") {
      const t = weights[name];
      if (!(t?.data instanceof Float32Array)) throw internal(`no float32 weight "${name}" was given`);
      graph.initializer.push({
        name,
        dims: t.shape,
        dataType: FLOAT,
        rawData: new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength),
      });
    }
  }
  for (const [name, e] of Object.entries(outputs)) {
    emit.node("Identity", [names.get(e)!]);
    // The output bears the program's own name.
    graph.node[graph.node.length - 1]!.output[0] = `out.${name}`;
    graph.output.push({ name: `out.${name}`, elemType: FLOAT, shape: e.shape });
  }
  return encodeModel(graph, memory);
}
