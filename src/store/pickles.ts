/**
 * Pickles are programs: loading one runs whatever it says. So they are refused, with the one line of Python that
 * makes safetensors of them (on the reader's own machine, at their own risk).
 */
import { Problem } from "../core/problem.ts";

/** Is this a file that Python would unpickle? */
export function isPickle(name: string): boolean {
  return /\.(bin|pt|pth|ckpt|pkl|pickle)$/i.test(name);
}

/** The refusal for a folder or a repository whose weights are only pickles; undefined when there are none. */
export function onlyPickles(names: readonly string[], model: string): Problem | undefined {
  const pickles = names.filter(name => isPickle(name) && !/^(training_args|optimizer|scheduler|rng_state)/.test(name));
  if (pickles.length === 0) return undefined;
  const many = pickles.length > 1 ? ` and ${pickles.length - 1} more` : "";
  const out = `${model.replace(/\/+$/, "").split("/").at(-1)}-safetensors`;
  return new Problem(`the weights are pickles (${pickles[0]}${many}), which can run any program when they are opened`, {
    where: `in ${model}`,
    advice: `converting them once, where you trust them, and naming the new folder:\n  python -c "import sys; from transformers import AutoModelForCausalLM as M, AutoTokenizer as T; [X.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2]) for X in (M, T)]" ${quoted(model)} ${quoted(out)}`,
  });
}

/** The refusal for one file that is a pickle. */
export function pickleFile(path: string): Problem {
  return new Problem("this file is a pickle, which can run any program when it is opened", {
    where: `at ${path}`,
    advice: `converting it once, where you trust it, and naming the folder that holds it with its config.json:\n  python -c "import sys, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for k, v in torch.load(sys.argv[1], map_location='cpu', weights_only=True).items()}, sys.argv[2])" ${quoted(path)} model.safetensors`,
  });
}

/** For a shell, when it has to be. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
