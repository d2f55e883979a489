import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { type Case, cases, programOf, type Sizes } from "../devices/conformance.ts";
import type { Device } from "../devices/device.ts";
import { onnxDevice } from "../devices/onnx/device.ts";
import { reference } from "../devices/reference.ts";
import { input, intInput, topological } from "./expr.ts";
import { embed } from "./ops/embed.ts";
import { ops } from "./ops/table.ts";
import { normal, random } from "./random.ts";
import { evaluate } from "./readings/evaluate.ts";
import { pullback } from "./readings/pullback.ts";
import { type Tensor, tensor } from "./tensor.ts";

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  token: fc.integer({ min: 1, max: 4 }),
  width: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

/** The case's inputs with a random pull on the result. */
function withPull(c: Case, seed: number): Record<string, Tensor> {
  const { result } = evaluate({ result: c.result }, c.given);
  const next = normal(random(seed + 1));
  return {
    ...c.given,
    pull: tensor(
      result!.shape,
      Float32Array.from(result!.data, () => next()),
    ),
  };
}

test("every op of the table is in some conformance case", () => {
  const used = new Set<string>();
  for (const c of cases({ batch: 2, token: 3, width: 4, seed: 1 })) {
    for (const e of topological(Object.values(programOf(c)))) used.add(e.op);
  }
  expect([...ops.keys()].filter(name => !used.has(name))).toEqual([]);
});

test("a pull-back is what finite differences measure, at any shape", () => {
  fc.assert(
    fc.property(sizes, size => {
      for (const c of cases(size)) {
        if (c.rough || c.name.includes("relu")) continue; // relu bends within a difference's reach; see below
        const given = withPull(c, size.seed);
        const outputs = programOf(c);
        const pulled = evaluate(outputs, given);
        const objective = (changed: Record<string, Tensor>): number => {
          const { result } = evaluate({ result: c.result }, changed);
          return result!.data.reduce((sum, v, i) => sum + v * given.pull!.data[i]!, 0);
        };
        for (const name of c.wrt) {
          const data = Float64Array.from(given[name]!.data);
          const at = size.seed % data.length;
          const step = 1e-5;
          const moved = (by: number) => {
            const copy = data.slice();
            copy[at]! += by;
            return objective({ ...given, [name]: tensor(given[name]!.shape, copy) });
          };
          const measured = (moved(step) - moved(-step)) / (2 * step);
          const told = pulled[`pull.${name}`]?.data[at] ?? 0;
          // A slope of thousands (a norm of next to nothing) is measured no better than to so many digits.
          const off = Math.abs(told - measured) / Math.max(1, Math.abs(measured));
          expect(off, `${c.name}: pull on ${name}[${at}], ${told} for ${measured}`).toBeLessThan(5e-5);
        }
      }
    }),
    { numRuns: 12 },
  );
});

test("relu passes a pull where its input is positive and nowhere else", () => {
  const c = cases({ batch: 2, token: 3, width: 4, seed: 5 }).find(c => c.name === "activation relu")!;
  const given = withPull(c, 5);
  const pulled = evaluate(programOf(c), given)["pull.x"]!;
  given.x!.data.forEach((v, i) => {
    expect(pulled.data[i]).toBeCloseTo(v > 0 ? given.pull!.data[i]! : 0, 12);
  });
});

async function worstDifference(device: Device, size: Sizes): Promise<{ name: string; difference: number }> {
  let worst = { name: "", difference: 0 };
  for (const c of cases(size)) {
    const given = withPull(c, size.seed);
    const outputs = programOf(c);
    const weights = Object.fromEntries(Object.entries(given).filter(([name]) => name === "w" && !c.wrt.includes("w")));
    const [mine, theirs] = await Promise.all([
      reference.compile(outputs, weights).then(p => p.run(given)),
      device.compile(outputs, weights).then(async p => {
        const r = await p.run(given);
        await p.release();
        return r;
      }),
    ]);
    for (const name of Object.keys(outputs)) {
      const [a, b] = [mine[name]!, theirs[name]!];
      expect(b.shape, `${c.name}: shape of ${name}`).toEqual(a.shape);
      const top = Math.max(1, ...Array.from(a.data, Math.abs));
      a.data.forEach((v, i) => {
        const difference = Math.abs(v - b.data[i]!) / top;
        if (!(difference <= worst.difference))
          worst = { name: `${c.name}: ${name}[${i}] is ${b.data[i]}, not ${v}`, difference };
      });
    }
  }
  return worst;
}

test("onnxruntime computes what the reference defines, forward and back, at any shape", async () => {
  const device = onnxDevice(ort as never);
  await fc.assert(
    fc.asyncProperty(sizes, async size => {
      const worst = await worstDifference(device, size);
      expect(worst.difference, worst.name).toBeLessThan(2e-5);
    }),
    { numRuns: 4 },
  );
});

test("rows of one id are added in one order, however many threads there are: a run can be repeated bit for bit", async () => {
  const [rows, width] = [4000, 64];
  const table = input("table", [7, width]);
  const ids = intInput("ids", ["token"]);
  const [pulled] = pullback([[embed(table, ids), input("pull", ["token", width])]], [table]);
  const program = await onnxDevice(ort as never, { threads: 2 }).compile({ pulled: pulled! }, {});
  const next = normal(random(3));
  const given = {
    ids: tensor(
      [rows],
      Int32Array.from({ length: rows }, (_, i) => (i * i) % 7),
    ),
    pull: tensor(
      [rows, width],
      Float32Array.from({ length: rows * width }, () => next()),
    ),
  };
  const first = (await program.run(given)).pulled!.data;
  for (let i = 0; i < 10; i++) expect((await program.run(given)).pulled!.data).toEqual(first);
  await program.release();
});
