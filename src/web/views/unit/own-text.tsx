/** A unit on a text of one's own: each token is coloured as soon as the model has read it. */
import { useState } from "preact/hooks";
import type { WatchedToken } from "../../../server/api.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useJob } from "../../parts/use-job.ts";
import { Heat } from "../watch/heat.tsx";

export interface OwnTextProps {
  readonly model: string;
  readonly basis: string;
  readonly layer: number;
  readonly index: number;
}

export function OwnText({ model, basis, layer, index }: OwnTextProps) {
  const work = useJob("watch");
  const [text, setText] = useState("");
  const [read, setRead] = useState<readonly WatchedToken[]>([]);
  return (
    <form
      class="own-text"
      onSubmit={event => {
        event.preventDefault();
        if (!text.trim()) return;
        setRead([]);
        const add = (part: unknown) => setRead(had => [...had, part as WatchedToken]);
        void work.start(model, { prompt: text, units: [{ layer, index }], basis }, add);
      }}
    >
      <label>
        Try it on a text of your own
        <textarea rows={2} value={text} onInput={e => setText(e.currentTarget.value)} />
      </label>
      <button type="submit" class="plain" disabled={!text.trim() || work.running}>
        Show where it fires
      </button>
      {work.error && <ProblemNote error={work.error} />}
      {work.result && !work.running ? (
        <Heat tokens={work.result.tokens} values={work.result.activations[0]!} />
      ) : (
        read.length > 0 && <Heat tokens={read} values={read.map(token => token.activations[0]!)} />
      )}
    </form>
  );
}
