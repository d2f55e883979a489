/** Where no index was built: what it would add, a button that builds one, and the command that does the same. */
import { useState } from "preact/hooks";
import { ProblemNote } from "../../parts/problem.tsx";
import { ProgressLine } from "../../parts/progress.tsx";
import { useJob } from "../../parts/use-job.ts";

export interface BuildIndexProps {
  readonly model: string;
  readonly basis: string;
  onBuilt(): void;
}

const sizes = [20_000, 100_000, 1_000_000];

export function BuildIndex({ model, basis, onBuilt }: BuildIndexProps) {
  const work = useJob("index");
  const [tokens, setTokens] = useState(sizes[0]!);
  const [text, setText] = useState("");
  const quoted = (value: string) => (/[^\w./@-]/.test(value) ? JSON.stringify(value) : value);
  const command = [
    `lucida index --model ${quoted(model)}`,
    basis === "neurons" ? "" : `--basis ${quoted(basis)}`,
    text.trim() ? `--text ${quoted(text.trim())}` : "",
    `--tokens ${tokens}`,
  ]
    .filter(Boolean)
    .join(" ");
  return (
    <section class="build-index" aria-labelledby="build-index-title">
      <h4 id="build-index-title">What it fires on elsewhere</h4>
      <p class="hint">
        Examples, histogram and how often it fires come from an index: the model reads a corpus once, and every unit’s
        page has them from then on.
      </p>
      <div class="index-options">
        <label>
          <span class="hint">read</span>
          <select value={tokens} onChange={e => setTokens(Number(e.currentTarget.value))}>
            {sizes.map(n => (
              <option key={n} value={n}>
                {n.toLocaleString("en")} tokens
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="hint">of a file or folder of text (the built-in text when empty)</span>
          <input type="text" value={text} spellcheck={false} onInput={e => setText(e.currentTarget.value)} />
        </label>
        <button
          type="button"
          class="plain"
          disabled={work.running}
          onClick={() => {
            const input = { basis, tokens, ...(text.trim() ? { text: [text.trim()] } : {}) };
            void work.start(model, input).then(done => done && onBuilt());
          }}
        >
          Build the index
        </button>
      </div>
      <p class="hint">
        or in a terminal: <code>{command}</code>
      </p>
      {work.running && <ProgressLine title="Building the index" status={work.status} onCancel={work.cancel} />}
      {work.error && <ProblemNote error={work.error} onClose={work.clear} />}
    </section>
  );
}
