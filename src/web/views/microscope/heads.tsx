/** Which attention heads carry one edge, and where each looks. */
import { useEffect } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, signed, tokenText } from "../../../charts/text.ts";
import { ProblemNote } from "../../parts/problem.tsx";
import { useJob } from "../../parts/use-job.ts";

interface HeadsProps {
  readonly id: string;
  readonly document: TraceDocument;
  readonly model: string;
  readonly source: string;
  readonly target: string;
}

export function EdgeHeads({ id, document, model, source, target }: HeadsProps) {
  const work = useJob("heads");
  useEffect(() => void work.start(model, { document: id, source, target }), [id, model, source, target]);
  const word = (position: number) => tokenText(document.tokens[position]?.text ?? "");
  const from = Number(/^(?:embedding\.(\d+)|(?:unit|mlp)\.\d+\.(\d+))/.exec(source)?.slice(1).find(Boolean) ?? 0);
  const it = work.result;
  if (work.error) return <ProblemNote error={work.error} />;
  if (!it) return <p class="hint">Following it through every head …</p>;
  const whole = Math.abs(it.direct) + it.heads.reduce((sum, h) => sum + Math.abs(h.weight), 0) || 1;
  return (
    <div class="heads">
      {it.direct !== 0 && (
        <p>
          <b>{signed(it.direct / whole, 3)}</b> straight up, through no head
        </p>
      )}
      <ol>
        {it.heads.slice(0, 8).map(h => (
          <li key={`${h.layer}.${h.head}.${h.to}`}>
            <b class={h.weight < 0 ? "against" : "for"}>{signed(h.weight / whole, 3)}</b> head {h.layer}.{h.head}
            {h.to === from ? ` stays at ${word(from)}` : ` looks from ${word(h.to)} back to ${word(from)}`}{" "}
            <span class="figure">attention {percent(h.pattern)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
