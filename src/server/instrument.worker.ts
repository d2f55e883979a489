/** The worker's end of the seam: takes calls, runs them with the resident model, sends progress, results and errors. */
import { Problem, sentence } from "../core/problem.ts";
import { belongsToParent } from "../store/model-process.ts";
import { answers } from "./answers.ts";
import type { Reply, Request } from "./instrument.ts";
import { Resident } from "./resident.ts";

belongsToParent();
const send = (reply: Reply) => process.connected && process.send!(reply);
const resident = new Resident(state => send({ resident: state }));
const running = new Map<number, AbortController>();

process.on("message", (request: Request) => {
  if ("cancel" in request) running.get(request.cancel)?.abort(new DOMException("cancelled", "AbortError"));
  else void run(request);
});

async function run({ call, method, model, input }: Extract<Request, { call: number }>): Promise<void> {
  const stop = new AbortController();
  running.set(call, stop);
  const options = {
    signal: stop.signal,
    progress: (stage: string, done: number, total: number) => send({ call, stage, done, total }),
    part: (part: unknown) => send({ call, part }),
  };
  try {
    const answer = answers[method] as (...args: unknown[]) => Promise<unknown>;
    const result = await resident.use(model, options, (scene, state) => answer(scene, input, options, state));
    send({ call, result });
  } catch (error) {
    if (stop.signal.aborted) send({ call, error: { what: "cancelled", cancelled: true } });
    else if (error instanceof Problem)
      send({ call, error: { what: error.message, where: error.where, advice: error.advice } });
    else {
      console.error(error);
      send({ call, error: { what: sentence(error), bug: true } });
    }
  } finally {
    running.delete(call);
  }
}
